//! `ExecutionTimer`: the time of one request, split into steps; a request that is never finished is counted, too.

use std::{
    sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    time::{Duration, Instant},
};

use crate::{contract::Step, instruments::Latency};

/// Measures one timed request from its start: [`observe_step`](Self::observe_step) any number of times, then
/// [`observe_total`](Self::observe_total) once. Dropped before that, it records `cancelled`.
///
/// The methods take `&self` so that the handler, which knows the steps, and its caller, which knows the end, can share
/// one timer.
#[derive(Debug)]
pub struct ExecutionTimer {
    latency: Latency,
    start: Instant,
    last_ns: AtomicU64,
    finished: AtomicBool,
}

impl ExecutionTimer {
    /// Counts the request as accepted; its time runs from `start`, the moment it entered.
    #[must_use]
    pub fn start(latency: Latency, start: Instant) -> Self {
        latency.accept();
        Self {
            latency,
            start,
            last_ns: AtomicU64::new(0),
            finished: AtomicBool::new(false),
        }
    }

    /// Begins a step here: what went before is not part of it.
    pub fn begin_step(&self) {
        self.last_ns
            .store(nanoseconds(self.start.elapsed()), Relaxed);
    }

    /// Records the time since the step began, or since the step before ended, and returns it.
    pub fn observe_step(&self, step: Step) -> Duration {
        let now = nanoseconds(self.start.elapsed());
        let took = Duration::from_nanos(now.saturating_sub(self.last_ns.swap(now, Relaxed)));
        self.latency.record(step, took);
        took
    }

    /// Records the time since the start, and returns it: the one measurement that everything else repeats.
    pub fn observe_total(&self) -> Duration {
        self.finish(Step::Total)
    }

    /// Records the time since the start as that of a client who left, and returns it.
    pub fn observe_cancelled(&self) -> Duration {
        self.finish(Step::Cancelled)
    }

    fn finish(&self, step: Step) -> Duration {
        let took = Duration::from_nanos(nanoseconds(self.start.elapsed()));
        if !self.finished.swap(true, Relaxed) {
            self.latency.record(step, took);
        }
        took
    }
}

impl Drop for ExecutionTimer {
    fn drop(&mut self) {
        if !*self.finished.get_mut() {
            self.observe_cancelled();
        }
    }
}

fn nanoseconds(elapsed: Duration) -> u64 {
    u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX)
}
