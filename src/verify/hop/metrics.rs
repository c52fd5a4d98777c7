//! measured -> /metrics: the totals that answers told, against the bucket counts that each replica's page gained.

use std::collections::BTreeMap;

use super::{Hop, many};
use crate::verify::{
    check::count,
    evidence::{Answer, Asked, Evidence},
    histogram::{Difference, Histogram},
    reading::Counted,
};

const NAME: &str = "measured -> /metrics";
/// How many differences are said.
const SAID: usize = 6;

pub(super) fn judge(evidence: &Evidence) -> Hop {
    match &evidence.replicas {
        Asked::Got(_) => compare(evidence),
        Asked::Skipped(reason) => Hop::skipped(NAME, reason),
        Asked::Unreachable(reason) => Hop::unreachable(NAME, reason),
    }
}

fn compare(evidence: &Evidence) -> Hop {
    let mut answers = evidence.by_replica();
    let (others, unanswered) = (evidence.others(), evidence.unanswered());
    let surplus = if others > 0.0 {
        f64::INFINITY
    } else {
        count(unanswered)
    };
    let counted = evidence.counted();
    let mut wrong = Vec::new();
    for life in &counted {
        let own = answers.remove(life.instance_id).unwrap_or_default();
        wrong.extend(judge_life(life, &own, surplus));
    }
    let unread = unread(&answers);
    if wrong.is_empty() && !unread.is_empty() {
        return Hop::skipped(NAME, &unread.join("; "));
    }
    let all: f64 = counted.iter().map(|life| life.counts.count("total")).sum();
    let buckets = counted
        .first()
        .and_then(|life| life.counts.steps.get("total"))
        .map_or(0, |total| total.buckets.len());
    let slack = if others > 0.0 {
        format!("; other traffic: {others} requests, so that counts are lower bounds")
    } else if unanswered > 0 {
        let unanswered = many(unanswered, "request");
        format!("; {unanswered} without an answer: up to so many more")
    } else {
        String::new()
    };
    let good = format!(
        "{all} observations in {buckets} buckets of {}, each count as the answers say it{slack}",
        many(counted.len(), "replica")
    );
    Hop::judged(NAME, wrong, good).with(unread)
}

/// Replicas that answered, and whose `/metrics` nobody read.
fn unread(answers: &BTreeMap<&str, Vec<Answer<'_>>>) -> Vec<String> {
    let words = |(replica, own): (&&str, &Vec<Answer<'_>>)| {
        format!(
            "replica {replica} answered {}, and its /metrics was not read: --metrics URL names it",
            many(own.len(), "request")
        )
    };
    answers.iter().map(words).collect()
}

fn judge_life(life: &Counted<'_>, answers: &[Answer<'_>], surplus: f64) -> Vec<String> {
    let (id, url) = (life.instance_id, life.url);
    if !life.is_whole {
        return vec![format!(
            "replica {id} ({url}) ended during the run: the counts of its {} are gone with it",
            many(answers.len(), "answer")
        )];
    }
    let nothing = Histogram::default();
    let observed = life.counts.steps.get("total").unwrap_or(&nothing);
    let totals: Vec<_> = answers.iter().map(|answer| answer.total).collect();
    let expected = Histogram::of(&observed.bounds(), &totals);
    let found = expected.differences(observed, surplus, "total");
    if found.is_empty() {
        return Vec::new();
    }
    let unit = unit(&expected, observed).map_or_else(String::new, |unit| format!(": {unit}"));
    let first = format!("replica {id} ({url}) counted something else than it answered{unit}");
    std::iter::once(first)
        .chain(in_words(&found, "answers"))
        .collect()
}

/// The mistake that a sum a thousand times off is.
fn unit(expected: &Histogram, observed: &Histogram) -> Option<&'static str> {
    let ratio = observed.sum / expected.sum;
    let near = |of: f64| (ratio / of - 1.0).abs() < 0.01;
    if near(1e3) {
        Some("its sum is 1000 times too large, as if milliseconds were observed as seconds")
    } else if near(1e-3) {
        Some("its sum is 1000 times too small, as if seconds were divided by 1000")
    } else if near(1e9) {
        Some("its sum is 10^9 times too large, as if nanoseconds were observed as seconds")
    } else {
        None
    }
}

/// The first differences, a line each.
pub(super) fn in_words(found: &[Difference], knows: &str) -> Vec<String> {
    let number = |value: Option<f64>| value.map_or("none".to_owned(), |value| value.to_string());
    let mut lines: Vec<_> = found
        .iter()
        .take(SAID)
        .map(|difference| {
            format!(
                "{}: {} by {knows}, {} found",
                difference.of,
                number(difference.expected),
                number(difference.observed)
            )
        })
        .collect();
    if found.len() > SAID {
        lines.push(format!("and {} more", found.len() - SAID));
    }
    lines
}
