//! What is kept of a run: histograms and counts, not single requests, so that a long run needs no more memory.

use std::{collections::BTreeMap, time::Duration};

use hdrhistogram::Histogram;

use super::{Outcome, Sent};
use crate::client::Failure;

/// 1 us to 24 h with three significant digits: 0.1 %.
const MAX_US: u64 = 24 * 3600 * 1_000_000;

/// The most replicas that are counted by name, and the most characters of a name: both come from the server.
const MAX_REPLICAS: usize = 100;
const MAX_NAME: usize = 128;

/// What the answers of further replicas are counted under.
const OTHERS: &str = "(others)";

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
                    self.count_replica(replica);
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

    fn count_replica(&mut self, name: &str) {
        let name: String = name.chars().take(MAX_NAME).collect();
        let is_known = self.by_replica.contains_key(&name);
        let is_counted = is_known || self.by_replica.len() < MAX_REPLICAS;
        let name = if is_counted { name } else { OTHERS.to_owned() };
        *self.by_replica.entry(name).or_default() += 1;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{ServerTiming, TraceContext};

    #[test]
    fn a_server_that_makes_up_replicas_does_not_grow_the_statistics() {
        let mut statistics = Statistics::new();
        for n in 0..1000 {
            let timing = ServerTiming {
                replica: Some(format!("{n}-{}", "x".repeat(10_000))),
                ..ServerTiming::default()
            };
            statistics.record(&Sent {
                trace_context: TraceContext {
                    trace_id: 1,
                    parent_id: 1,
                },
                sampled: false,
                due: Duration::ZERO,
                sent: Duration::ZERO,
                done: Duration::ZERO,
                outcome: Outcome::Answered {
                    status: 200,
                    timing,
                    traceresponse: None,
                    bytes: 0,
                },
            });
        }
        let counted = &statistics.by_replica;
        assert_eq!(counted.len(), MAX_REPLICAS + 1);
        assert_eq!(counted[OTHERS], 1000 - MAX_REPLICAS as u64);
        assert!(counted.keys().all(|name| name.len() <= MAX_NAME));
        assert_eq!(counted.values().sum::<u64>(), 1000);
    }
}
