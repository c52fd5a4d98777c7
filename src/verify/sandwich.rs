//! With other people's traffic: each scrape of a replica lies, count by count, between readings of it around. Pure.

use super::{
    evidence::Evidence,
    histogram::Counts,
    reading::Reading,
    scraped::{Scraped, named},
    series::{Life, Series, Target},
};

/// How far the two clocks may be apart beside what was measured, and how long a scrape takes: milliseconds.
const SLACK: i64 = 500;

/// The first sample that lies outside, in words.
pub(super) fn outside(
    evidence: &Evidence,
    scraped: &Scraped,
    id: &str,
    lives: &[(&Target, &Life)],
) -> Option<String> {
    let replicas = evidence.replicas.got()?;
    let mut readings = replicas.iter().flat_map(|replica| &replica.readings);
    let own: Vec<_> = readings
        .by_ref()
        .filter(|reading| reading.instance_id == id)
        .collect();
    lives.iter().find_map(|(target, life)| {
        scraped
            .raw
            .iter()
            .filter(|series| series.target() == target.labels)
            .find_map(|series| series_outside(series, life, &own, scraped.ahead))
    })
}

fn series_outside(
    series: &Series,
    life: &Life,
    readings: &[&Reading],
    ahead: i64,
) -> Option<String> {
    let within = |at: i64| (life.span.0..=life.span.1).contains(&at);
    let mut points = series.points.iter().filter(|point| within(point.at));
    points.find_map(|point| {
        let mut earlier = readings.iter().rev();
        let mut later = readings.iter();
        let before = earlier.find(|reading| reading.done + ahead + SLACK <= point.at);
        let after = later.find(|reading| reading.begun + ahead >= point.at + SLACK);
        let low = before.and_then(|reading| value(series, &reading.counts));
        let high = after.and_then(|reading| value(series, &reading.counts));
        let is_outside =
            low.is_some_and(|low| point.value < low) || high.is_some_and(|high| point.value > high);
        is_outside.then(|| {
            let end = |end: Option<f64>| end.map_or("unknown".to_owned(), |end| end.to_string());
            format!(
                "{} is {} in a scrape; the readings of its page around say {} and {}",
                named(&series.labels),
                point.value,
                end(low),
                end(high)
            )
        })
    })
}

/// What a reading says of a series; nothing of a sum, which is not counted in whole numbers.
fn value(series: &Series, counts: &Counts) -> Option<f64> {
    let name = series.name();
    if name.ends_with("_requests_accepted_total") {
        return Some(counts.accepted);
    }
    let histogram = counts.steps.get(series.labels.get("step")?)?;
    match series.bound() {
        Some(le) => histogram.upto(le),
        None if name.ends_with("_count") => Some(histogram.count),
        None => None,
    }
}
