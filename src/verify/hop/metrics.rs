//! measured -> /metrics: the measured totals of the answers, against the bucket counts that each replica's page gained.

use super::{
    judgement::{Hop, list_differences, plural},
    known, other_traffic,
};
use crate::{
    contract::Step,
    verify::{
        evidence::Evidence,
        model::{
            histogram::Histogram,
            page::{ProcessCounts, Replica, processes},
        },
    },
};

const NAME: &str = "measured -> /metrics";

pub fn judge(evidence: &Evidence) -> Hop {
    Hop::of(NAME, &evidence.replicas, |_| compare(evidence))
}

fn compare(evidence: &Evidence) -> Hop {
    let mut answers = evidence.sent.by_replica();
    let others = other_traffic::requests(evidence);
    let unmeasured = evidence.sent.unmeasured();
    let (surplus, note) = if others > 0.0 {
        let note = format!("; other traffic: {others} requests, so counts are lower bounds");
        (f64::INFINITY, note)
    } else if unmeasured > 0 {
        let requests = plural(unmeasured, "request");
        let note = format!(
            "; {requests} without a measurement in the answer: counts may be higher by as many"
        );
        (unmeasured as f64, note)
    } else {
        (0.0, String::new())
    };
    let processes = processes(&evidence.replicas);
    let (mut wrong, mut partly) = (Vec::new(), Vec::new());
    for process in &processes {
        answers.remove(process.instance_id);
        let unread = known::unread(process, evidence);
        if unread > 0.0 {
            let (id, url) = (process.instance_id, process.url);
            partly.push(format!(
                "replica {id} ({url}) ended before its last {unread} answers were read: only Prometheus has them"
            ));
        } else {
            wrong.extend(judge_process(process, evidence, surplus));
        }
    }
    let unread: Vec<_> = answers.iter().map(unread).collect();
    if wrong.is_empty() && !unread.is_empty() {
        return Hop::skipped(NAME, &unread.join("; "));
    }
    let totals = || processes.iter().map(|process| &process.counts);
    let all: f64 = totals().map(|counts| counts.count(Step::Total)).sum();
    let buckets = totals().find_map(|counts| counts.step(Step::Total));
    let good = format!(
        "{all} observations in {} buckets of {}, each count as in the answers{note}",
        buckets.map_or(0, |total| total.buckets.len()),
        plural(processes.len(), "replica")
    );
    let hop = Hop::judged(NAME, wrong, good).with(unread);
    hop.warned(partly.into_iter().chain(clocks(evidence)))
}

/// The clocks that differ from this machine's.
fn clocks(evidence: &Evidence) -> impl Iterator<Item = String> {
    let replicas = evidence.replicas.found().into_iter().flatten();
    let line = |replica: &Replica| {
        let difference = replica.clock().difference()?;
        Some(format!(
            "the clock of {} is {difference}, by the Date of its answers",
            replica.url
        ))
    };
    replicas.filter_map(line)
}

fn unread((replica, answers): (&&str, &usize)) -> String {
    format!(
        "replica {replica} answered {}, but its /metrics was not read: give its URL with --metrics",
        plural(*answers, "request")
    )
}

fn judge_process(process: &ProcessCounts<'_>, evidence: &Evidence, surplus: f64) -> Vec<String> {
    let (id, url) = (process.instance_id, process.url);
    let totals = evidence.sent.totals_of(id);
    if !process.is_complete {
        return vec![format!(
            "replica {id} ({url}) ended during the run: the counts of its {} are lost",
            plural(totals.count(), "answer")
        )];
    }
    let zero = Histogram::default();
    let observed = process.counts.step(Step::Total).unwrap_or(&zero);
    let expected = Histogram::of(&observed.bounds(), totals);
    let found = expected.differences(observed, surplus, Step::Total.as_str());
    if found.is_empty() {
        return Vec::new();
    }
    let unit = unit(&expected, observed).map_or_else(String::new, |unit| format!(": {unit}"));
    let first = format!("replica {id} ({url}): /metrics differs from the answers{unit}");
    std::iter::once(first)
        .chain(list_differences(&found, "answers"))
        .collect()
}

/// The unit that was confused, where the sum is off by such a factor.
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
