//! Prometheus -> percentile: `histogram_quantile` as a dashboard queries it, against its formula on the raw samples.

use std::time::Duration;

use super::{
    coverage::Coverage,
    forms,
    judgement::{Hop, Verdict},
    series_set, servers,
};
use crate::{
    buckets, truth,
    verify::{
        evidence::Evidence,
        model::{
            form::Form,
            labels::fits,
            quantile_query::{QUANTILES, QuantileQuery},
            scrapes::Scrapes,
            statistics::Tolerance,
        },
    },
};

pub const NAME: &str = "Prometheus -> percentile";
/// Over the run, both sides have the same samples.
pub const REL_TOLERANCE_RUN: f64 = 1e-6;
/// Over a dashboard's window, samples may have been added in between.
pub const REL_TOLERANCE_WINDOW: f64 = 0.02;

pub fn judge(evidence: &Evidence) -> Hop {
    Hop::of(NAME, &evidence.scrapes, |scrapes| {
        servers::view_and_each(scrapes, |own| compare(evidence, own))
    })
}

fn compare(evidence: &Evidence, scrapes: &Scrapes) -> Hop {
    let run = &scrapes.run;
    let obstacles = Coverage::of(evidence, scrapes).obstacles;
    match scrapes.form() {
        None => return Hop::unjudged(NAME, forms::mixed(scrapes)).with(obstacles),
        Some(Form::Exponential) if obstacles.is_empty() => return exponential(scrapes),
        Some(_) => {}
    }
    let reported = || run.reported.iter().flatten().copied();
    if reported()
        .chain(run.expected.iter().copied())
        .all(f64::is_nan)
    {
        let none = "Prometheus has no observation of the run".to_owned();
        return Hop::unjudged(NAME, [none].into_iter().chain(obstacles));
    }
    if !obstacles.is_empty() {
        return Hop::unjudged(NAME, obstacles);
    }
    let mixed = series_set::other_bounds(evidence, scrapes);
    if !mixed.is_empty() {
        return Hop::unjudged(NAME, mixed);
    }
    let mut wrong = differences(run, REL_TOLERANCE_RUN, "over the run");
    let mut details = Vec::new();
    if let (Some(query), Some(window)) = (&scrapes.rate_window, evidence.limits.rate_window) {
        let interval = longest_interval(scrapes);
        if window.as_secs_f64() < 2.0 * interval {
            wrong.push(format!(
                "--rate-window {window:?} is shorter than two scrape intervals of {interval} s: rate() needs two samples"
            ));
        } else {
            let over = format!("over {window:?}");
            wrong.extend(differences(query, REL_TOLERANCE_WINDOW, &over));
            details = chance(evidence, scrapes, query, window);
        }
    }
    let p99 = match (run.reported.last(), run.expected.last()) {
        (Some(Some(reported)), Some(expected)) => {
            format!("p99 {reported:.6} s reported, {expected:.6} s expected")
        }
        _ => "p99 unknown".to_owned(),
    };
    let good = format!("p50, p90, p95, p99 equal the formula applied to the raw samples; {p99}");
    let mut hop = Hop::judged(NAME, wrong, good);
    let longest = evidence.claim.delay.max().as_secs_f64();
    let highest = reported().fold(0.0, f64::max);
    if highest > longest && evidence.claim.delay.is_bounded() {
        if hop.verdict == Verdict::Pass {
            hop.verdict = Verdict::Warn;
        }
        hop.details.push(format!(
            "the buckets report {highest:.6} s, {:.1} % above the longest possible delay of {longest} s",
            100.0 * (highest / longest - 1.0)
        ));
    }
    hop.with(details)
}

/// No dashboard can have percentiles of buckets that are not there.
fn exponential(scrapes: &Scrapes) -> Hop {
    let store = &scrapes.store.name;
    Hop::absent(
        NAME,
        &format!(
            "{store} has native histograms and no classic ones ({}): their percentiles are judged as such",
            forms::CLASSIC
        ),
    )
}

/// Percentiles that are not what the formula gives.
pub fn differences(query: &QuantileQuery, tolerance: f64, over: &str) -> Vec<String> {
    let reported = QUANTILES.iter().zip(&query.reported);
    let expected = query.expected.iter().zip(&query.edges);
    let mut found = Vec::new();
    for ((q, reported), (expected, edges)) in reported.zip(expected) {
        let observed = reported.unwrap_or(f64::NAN);
        if is_within(observed, *edges, tolerance) || (expected.is_nan() && observed.is_nan()) {
            continue;
        }
        let reported = reported.map_or("nothing".to_owned(), |value| format!("{value:.6} s"));
        found.push(format!(
            "p{} {over} is reported as {reported}, but the formula gives {expected:.6} s for the raw samples",
            100.0 * q
        ));
    }
    found
}

/// Whether a value is between those that the formula may give, or close to one of them.
fn is_within(observed: f64, (low, high): (f64, f64), tolerance: f64) -> bool {
    let near = |expected| Tolerance::Relative(tolerance).allows(expected, observed);
    (low..=high).contains(&observed) || near(low) || near(high)
}

/// The longest scrape interval of the targets of the run, in seconds; 0 where none is known.
pub fn longest_interval(scrapes: &Scrapes) -> f64 {
    let intervals = scrapes.active.iter().filter_map(|active| {
        let mut targets = scrapes.targets.iter();
        let is_ours = targets.any(|target| fits(&target.labels, &active.labels));
        active.interval().filter(|_| is_ours)
    });
    intervals.fold(0.0, f64::max)
}

/// What chance alone does to the percentiles of so few requests: three standard deviations of the rank.
fn chance(
    evidence: &Evidence,
    scrapes: &Scrapes,
    query: &QuantileQuery,
    window: Duration,
) -> Vec<String> {
    let n = query.observations;
    if n <= 0.0 {
        return vec![format!("nothing was observed over {window:?}")];
    }
    let Some(bounds) = scrapes.bounds() else {
        return Vec::new();
    };
    let n = n.max(1.0);
    let truth = truth::cumulative(&evidence.claim.delay, &bounds);
    let line = |(q, reported): (&f64, &Option<f64>)| {
        let at = |q: f64| buckets::quantile(q, &bounds, &truth);
        let (low, high) = by_chance(*q, n);
        format!(
            "p{} over {window:?}: {:.6} s; with {n:.0} requests, {:.6} to {:.6} s can occur by chance",
            100.0 * q,
            reported.unwrap_or(f64::NAN),
            at(low),
            at(high)
        )
    };
    QUANTILES.iter().zip(&query.reported).map(line).collect()
}

/// Ranks three standard deviations below and above `q`, for `n` requests.
fn by_chance(q: f64, n: f64) -> (f64, f64) {
    let off = 3.0 * (q * (1.0 - q) / n).sqrt();
    ((q - off).max(0.0), (q + off).min(1.0))
}

/// Between what a percentile of the run is by chance: as the classic buckets report it, or as a native histogram of the
/// resolution of [`Truth`](truth::Truth) does.
pub fn chance_interval(
    evidence: &Evidence,
    scrapes: &Scrapes,
    q: f64,
    is_classic: bool,
) -> (f64, f64) {
    let delay = &evidence.claim.delay;
    let (low, high) = by_chance(q, scrapes.run.observations.max(1.0));
    match scrapes.bounds() {
        Some(bounds) if is_classic => {
            let truth = truth::cumulative(delay, &bounds);
            let at = |q| buckets::quantile(q, &bounds, &truth);
            (at(low), at(high))
        }
        _ => {
            let ratio = 1.0 + truth::native::schema(delay).max_error_ratio();
            let at = |q| delay.quantile(q).as_secs_f64();
            (at(low) / ratio, at(high) * ratio)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_end_of_the_empty_buckets_at_an_exact_rank_is_correct() {
        for reported in [1.7, 1.75, 1.8, 1.8 + 1e-7] {
            let is_within = is_within(reported, (1.7, 1.8), REL_TOLERANCE_RUN);
            assert!(is_within, "{reported}");
        }
        for reported in [1.69, 1.81, f64::NAN] {
            let is_within = is_within(reported, (1.7, 1.8), REL_TOLERANCE_RUN);
            assert!(!is_within, "{reported}");
        }
    }
}
