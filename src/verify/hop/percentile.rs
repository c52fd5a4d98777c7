//! Prometheus -> percentile: `histogram_quantile` as a dashboard asks it, against its formula on the raw samples.

use super::Hop;
use crate::{
    buckets, truth,
    verify::{
        check::{Bound, Check, Verdict},
        evidence::{Asked, Evidence},
        histogram::Histogram,
        scraped::{Asking, QUANTILES, Scraped},
    },
};

const NAME: &str = "Prometheus -> percentile";
/// How far the formula on the same samples may be off.
const SAME: f64 = 1e-6;
/// How far it may be off over a window whose samples may have changed since.
const SHORT: f64 = 0.02;

pub(super) fn judge(evidence: &Evidence) -> Hop {
    match &evidence.scraped {
        Asked::Got(scraped) => compare(evidence, scraped),
        Asked::Skipped(reason) => Hop::skipped(NAME, reason),
        Asked::Unreachable(reason) => Hop::unreachable(NAME, reason),
    }
}

fn compare(evidence: &Evidence, scraped: &Scraped) -> Hop {
    let mut reported = scraped.whole.reported.iter().flatten();
    let is_empty = reported.all(|value| value.is_nan())
        && scraped.whole.expected.iter().all(|value| value.is_nan());
    if is_empty {
        return Hop::skipped(NAME, "Prometheus has no observation of the run");
    }
    let mut wrong = differences(&scraped.whole, SAME, "over the run");
    let mut more = Vec::new();
    if let (Some(short), Some(window)) = (&scraped.short, evidence.limits.rate_window) {
        let interval = longest_interval(scraped);
        if window.as_secs_f64() < 2.0 * interval {
            wrong.push(format!(
                "--rate-window {window:?} is shorter than two scrapes of {interval} s: rate() needs two samples in it"
            ));
        } else {
            wrong.extend(differences(short, SHORT, &format!("over {window:?}")));
            let is_empty = short.observations <= 0.0;
            more.extend(is_empty.then(|| format!("over {window:?} nothing was observed")));
            more.extend(band(evidence, scraped, short, &format!("{window:?}")));
        }
    }
    let longest = evidence.claim.delay.max().as_secs_f64();
    let reported = |asking: &Asking| {
        asking
            .reported
            .iter()
            .flatten()
            .copied()
            .fold(0.0, f64::max)
    };
    let says = format!(
        "p50, p90, p95, p99 as the formula makes them of the raw samples; {}",
        last(&scraped.whole)
    );
    let mut hop = Hop::judged(NAME, wrong, says);
    let highest = reported(&scraped.whole);
    if highest > longest && evidence.claim.delay.is_bounded() {
        let warning = format!(
            "the buckets report {highest:.6} s, {:.1} % above the longest possible delay of {longest} s",
            100.0 * (highest / longest - 1.0)
        );
        if hop.verdict == Verdict::Pass {
            hop.verdict = Verdict::Warn;
        }
        hop.more.push(warning);
    }
    hop.with(more)
}

fn last(asking: &Asking) -> String {
    match (asking.reported.last(), asking.expected.last()) {
        (Some(Some(reported)), Some(expected)) => {
            format!("p99 {reported:.6} s, and {expected:.6} s expected")
        }
        _ => "p99 unknown".to_owned(),
    }
}

fn differences(asking: &Asking, share: f64, over: &str) -> Vec<String> {
    let asked = QUANTILES.iter().zip(&asking.reported);
    let known = asking.expected.iter().zip(&asking.edges);
    let mut found = Vec::new();
    for ((q, reported), (expected, (low, high))) in asked.zip(known) {
        let observed = reported.unwrap_or(f64::NAN);
        if is_within(observed, *low, *high, share) || (expected.is_nan() && observed.is_nan()) {
            continue;
        }
        let reported = reported.map_or("nothing".to_owned(), |value| format!("{value:.6} s"));
        found.push(format!(
            "p{} {over} is reported as {reported}; the formula on the raw samples makes {expected:.6} s",
            100.0 * q
        ));
    }
    found
}

/// Whether a value is one of those that the formula may give, or next to one.
fn is_within(observed: f64, low: f64, high: f64, share: f64) -> bool {
    let near = |expected| {
        let bound = Bound::Relative(share);
        Check {
            expected,
            observed,
            bound,
        }
        .holds()
    };
    (low..=high).contains(&observed) || near(low) || near(high)
}

fn longest_interval(scraped: &Scraped) -> f64 {
    let told = scraped.active.iter().filter_map(|target| {
        let is_ours = |known: &&crate::verify::series::Target| {
            ["job", "instance"]
                .iter()
                .all(|name| known.labels.get(*name) == target.labels.get(*name))
        };
        scraped.targets.iter().find(is_ours)?;
        target.interval()
    });
    told.fold(0.0, f64::max)
}

/// What chance alone does to the percentiles of so few requests: three standard deviations of the rank.
fn band(evidence: &Evidence, scraped: &Scraped, short: &Asking, window: &str) -> Vec<String> {
    let total = scraped
        .targets
        .iter()
        .flat_map(|target| &target.lives)
        .find_map(|life| life.counts.steps.get("total"));
    let Some(bounds) = total
        .map(Histogram::bounds)
        .filter(|_| short.observations > 0.0)
    else {
        return Vec::new();
    };
    let truth = truth::cumulative(&evidence.claim.delay, &bounds);
    let n = short.observations.max(1.0);
    let line = |(q, reported): (&f64, &Option<f64>)| {
        let off = 3.0 * (q * (1.0 - q) / n).sqrt();
        let at = |q: f64| buckets::quantile(q.clamp(0.0, 1.0), &bounds, &truth);
        format!(
            "p{} over {window}: {:.6} s; {:.0} requests make it {:.6} to {:.6} s by chance",
            100.0 * q,
            reported.unwrap_or(f64::NAN),
            n,
            at(q - off),
            at(q + off)
        )
    };
    QUANTILES.iter().zip(&short.reported).map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_end_of_the_empty_buckets_at_an_exact_rank_is_right() {
        for reported in [1.7, 1.75, 1.8, 1.8 + 1e-7] {
            assert!(is_within(reported, 1.7, 1.8, SAME), "{reported}");
        }
        for reported in [1.69, 1.81, f64::NAN] {
            assert!(!is_within(reported, 1.7, 1.8, SAME), "{reported}");
        }
    }
}
