//! With other traffic, a scrape of a replica cannot equal a snapshot of its page: each count must lie between those of
//! the snapshots before and after it.

use crate::verify::{
    evidence::Evidence,
    model::{
        labels::label_text,
        page::{PageSnapshot, snapshots},
        processes::{ProcessRun, Target},
        scrapes::Scrapes,
        series::Series,
    },
};

/// How long a scrape takes, and the unmeasured part of the difference between the two clocks, in milliseconds.
const SLACK_MS: i64 = 1000;

/// The first sample outside of its bracket, as text.
pub fn outside(
    evidence: &Evidence,
    scrapes: &Scrapes,
    id: &str,
    processes: &[(&Target, &ProcessRun)],
) -> Option<String> {
    let snapshots = snapshots(&evidence.replicas);
    let own: Vec<_> = snapshots.filter(|page| page.instance_id == id).collect();
    processes.iter().find_map(|(target, process)| {
        let series = scrapes.raw.iter();
        let mut series = series.filter(|series| series.is_from(&target.labels));
        series.find_map(|series| series_outside(evidence, scrapes, series, process, &own))
    })
}

fn series_outside(
    evidence: &Evidence,
    scrapes: &Scrapes,
    series: &Series,
    process: &ProcessRun,
    snapshots: &[&PageSnapshot],
) -> Option<String> {
    let count = |page: &&PageSnapshot| {
        let names = &evidence.claim.names;
        page.counts.sample(names, series.name(), &series.labels)
    };
    let (first, last) = process.span;
    let points = series.points.iter();
    let mut points = points.filter(|point| (first..=last).contains(&point.at));
    points.find_map(|point| {
        let at = point.at - scrapes.clock.millis().unwrap_or_default();
        let before = snapshots.iter().rfind(|page| page.done + SLACK_MS <= at);
        let after = snapshots.iter().find(|page| page.begun >= at + SLACK_MS);
        let (low, high) = (before.and_then(count), after.and_then(count));
        let is_outside =
            low.is_some_and(|low| point.value < low) || high.is_some_and(|high| point.value > high);
        let text = |end: Option<f64>| end.map_or("unknown".to_owned(), |end| end.to_string());
        is_outside.then(|| {
            format!(
                "{} is {} in a scrape, but {} and {} in the snapshots of /metrics before and after it",
                label_text(&series.labels),
                point.value,
                text(low),
                text(high)
            )
        })
    })
}
