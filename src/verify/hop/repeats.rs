//! Requests that reached the service several times each: a mirror or retries on the way, as the counts show it.

use super::other_traffic;
use crate::{
    contract::Step,
    verify::{
        evidence::Evidence,
        model::{
            histogram::Histogram,
            page::{Replica, processes},
        },
    },
};

/// Fewer answers show no pattern.
const MIN_ANSWERS: usize = 20;
/// The share of the executions that may be missing or in another bucket: each execution is measured by itself.
const TOLERANCE: f64 = 0.03;

/// How many more requests failed at the service than the answers show: a retry on the way got another answer.
pub fn retried(evidence: &Evidence) -> Option<f64> {
    let replicas = evidence.replicas.found().into_iter().flatten();
    let failed: f64 = replicas.filter_map(Replica::failed).sum();
    let hidden = failed - evidence.sent.server_errors as f64;
    let is_hidden = hidden > 0.0 && other_traffic::requests(evidence) > 0.0;
    is_hidden.then_some(hidden)
}

/// How many times each request was executed, where the counts are a multiple of the answers, bucket by bucket.
pub fn times(evidence: &Evidence) -> Option<f64> {
    if other_traffic::requests(evidence) == 0.0 {
        return None;
    }
    let totals = || evidence.sent.answers().map(|answer| answer.total);
    let mut counted = Histogram::default();
    let mut accepted = 0.0;
    for process in processes(&evidence.replicas) {
        accepted += process.counts.accepted;
        counted.add(process.counts.step(Step::Total)?);
    }
    let answers = totals().count();
    let answered = answers as f64;
    let times = (accepted / answered).round();
    if answers < MIN_ANSWERS || times < 2.0 || accepted != times * answered {
        return None;
    }
    let expected = Histogram::of(&counted.bounds(), totals());
    let buckets = expected.buckets.iter().zip(&counted.buckets);
    let (mut off, mut below) = (0.0, (0.0, 0.0));
    for (expected, counted) in buckets {
        let own = (expected.cumulative - below.0, counted.cumulative - below.1);
        off += (times * own.0 - own.1).abs();
        below = (expected.cumulative, counted.cumulative);
    }
    (off <= 2.0 + TOLERANCE * accepted).then_some(times)
}
