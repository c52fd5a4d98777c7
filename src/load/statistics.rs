//! What is kept of a run: histograms and counts, not single requests, so that a long run needs no more memory.

use std::{collections::BTreeMap, time::Duration};

use hdrhistogram::Histogram;

use super::{Outcome, Sent};
use crate::client::Failure;

/// 1 us to 24 h with three significant digits: 0.1 %.
const MAX_US: u64 = 24 * 3600 * 1_000_000;

/// Counts and histograms of what was sent. Durations are in microseconds.
#[derive(Clone, Debug)]
pub struct Statistics {
    pub(super) service: Histogram<u64>,
    pub(super) response: Histogram<u64>,
    pub(super) lateness: Histogram<u64>,
    pub(super) by_status: BTreeMap<u16, u64>,
    pub(super) by_failure: BTreeMap<&'static str, Failures>,
    pub(super) by_replica: BTreeMap<String, u64>,
    pub(super) bytes: u64,
}

/// Failures of one kind: how many, and the first one.
#[derive(Clone, Debug)]
pub struct Failures {
    pub count: u64,
    pub first: Failure,
}

impl Default for Statistics {
    fn default() -> Self {
        Self::new()
    }
}

impl Statistics {
    /// Empty statistics.
    #[must_use]
    pub fn new() -> Self {
        Self {
            service: histogram(),
            response: histogram(),
            lateness: histogram(),
            by_status: BTreeMap::new(),
            by_failure: BTreeMap::new(),
            by_replica: BTreeMap::new(),
            bytes: 0,
        }
    }

    /// Adds a request. Only one that was answered has a service time and a response time.
    pub fn record(&mut self, sent: &Sent) {
        add(&mut self.lateness, sent.lateness());
        match &sent.outcome {
            Outcome::Answered {
                status,
                timing,
                bytes,
                ..
            } => {
                add(&mut self.service, sent.service_time());
                add(&mut self.response, sent.response_time());
                *self.by_status.entry(*status).or_default() += 1;
                if let Some(replica) = &timing.replica {
                    *self.by_replica.entry(replica.clone()).or_default() += 1;
                }
                self.bytes += bytes;
            }
            Outcome::Failed(failure) => {
                let first = || Failures {
                    count: 0,
                    first: failure.clone(),
                };
                self.by_failure
                    .entry(failure.kind())
                    .or_insert_with(first)
                    .count += 1;
            }
        }
    }
}

fn histogram() -> Histogram<u64> {
    let made = Histogram::new_with_bounds(1, MAX_US, 3);
    #[expect(clippy::expect_used, reason = "constant bounds, valid in every test")]
    made.expect("the bounds are in order")
}

fn add(histogram: &mut Histogram<u64>, took: Duration) {
    histogram.saturating_record(u64::try_from(took.as_micros()).unwrap_or(MAX_US));
}
