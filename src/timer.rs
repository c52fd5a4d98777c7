//! Timers of one request: its whole time, recorded even where the client leaves, and single steps of it.

use std::time::{Duration, Instant};

use crate::{
    contract::{Step, TraceContext},
    instruments::Latency,
};

/// Measures one timed request from its start to [`observe_total`](Self::observe_total). Dropped before that, it records
/// `cancelled`.
#[derive(Debug)]
pub struct ExecutionTimer {
    latency: Latency,
    start: Instant,
    is_finished: bool,
}

impl ExecutionTimer {
    /// Counts the request as accepted; its time runs from `start`, the moment it entered.
    #[must_use]
    pub fn start(latency: Latency, start: Instant) -> Self {
        latency.accept();
        Self {
            latency,
            start,
            is_finished: false,
        }
    }

    /// Records the time since the start, and returns it: the one measurement that everything else repeats. `sampled` has
    /// the ids of a span that is sampled.
    #[must_use]
    pub fn observe_total(mut self, sampled: Option<TraceContext>) -> Duration {
        self.finish(Step::Total, sampled)
    }

    /// Records the time since the start as that of a client who left, and returns it.
    #[must_use]
    pub fn observe_cancelled(mut self, sampled: Option<TraceContext>) -> Duration {
        self.finish(Step::Cancelled, sampled)
    }

    fn finish(&mut self, step: Step, sampled: Option<TraceContext>) -> Duration {
        self.is_finished = true;
        let took = self.start.elapsed();
        self.latency.record(step, took, sampled);
        took
    }
}

impl Drop for ExecutionTimer {
    fn drop(&mut self) {
        if !self.is_finished {
            self.finish(Step::Cancelled, None);
        }
    }
}

/// Measures one step of a request. Dropped before [`observe`](Self::observe), it records nothing.
#[derive(Debug)]
#[must_use = "a step is recorded only when it is observed"]
pub struct StepTimer<'a> {
    latency: &'a Latency,
    step: Step,
    start: Instant,
}

impl<'a> StepTimer<'a> {
    /// Starts now.
    pub fn start(latency: &'a Latency, step: Step) -> Self {
        Self {
            latency,
            step,
            start: Instant::now(),
        }
    }

    /// When it started.
    #[must_use]
    pub fn started(&self) -> Instant {
        self.start
    }

    /// Records the time from the start to `end`, and returns it. `sampled` has the ids of a span that is sampled.
    #[must_use]
    pub fn observe(self, end: Instant, sampled: Option<TraceContext>) -> Duration {
        let took = end.saturating_duration_since(self.start);
        self.latency.record(self.step, took, sampled);
        took
    }
}
