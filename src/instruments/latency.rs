//! The timed requests: `execution_latency_seconds{step}`, the ledger's left side, and the clock's own error.

use std::{sync::Arc, time::Duration};

use opentelemetry::{
    KeyValue,
    metrics::{BoundCounter, BoundHistogram, Counter, Meter},
};

use super::MetricArgs;

/// 10 us to 100 ms: from better than a kernel timer to worse than a busy laptop.
const ERROR_BOUNDS: [f64; 13] = [
    0.000_01, 0.000_02, 0.000_05, 0.000_1, 0.000_2, 0.000_5, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05,
    0.1,
];

/// What a recorded time was spent on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The measured wait.
    Delay,
    /// From entering the service until the response is built.
    Total,
    /// From entering the service until the client had left.
    Cancelled,
}

/// Instruments of the timed requests. Cloning is cheap; all clones record into the same series.
#[derive(Clone, Debug)]
pub struct Latency(Arc<Bound>);

#[derive(Debug)]
struct Bound {
    delay: BoundHistogram<f64>,
    total: BoundHistogram<f64>,
    cancelled: BoundHistogram<f64>,
    error: BoundHistogram<f64>,
    accepted: BoundCounter<u64>,
    overrides: BoundCounter<u64>,
}

impl Latency {
    pub(super) fn new(meter: &Meter, args: &MetricArgs) -> Self {
        let steps = meter
            .f64_histogram(args.name("execution_latency"))
            .with_unit("s")
            .with_description("Time spent.")
            .with_boundaries(args.buckets.bounds().to_vec())
            .build();
        let error = meter
            .f64_histogram(args.name("delay_error"))
            .with_unit("s")
            .with_description(
                "Measured wait minus drawn delay: how late the service's own clock woke.",
            )
            .with_boundaries(ERROR_BOUNDS.to_vec())
            .build();
        // `bind` on a label makes the series exist from the start; without labels only a measurement does, and a
        // histogram has no harmless one: `delay_error` gets a label-free binding and appears with the first request.
        let accepted = meter
            .u64_counter(args.name("requests_accepted"))
            .with_description("Timed requests that entered the service.")
            .build();
        let overrides = meter
            .u64_counter(args.name("delay_overrides"))
            .with_description(
                "Timed requests answered with a delay or a status other than the declared one.",
            )
            .build();
        let step = |name| steps.bind(&[KeyValue::new("step", name)]);
        Self(Arc::new(Bound {
            delay: step("delay"),
            total: step("total"),
            cancelled: step("cancelled"),
            error: error.bind(&[]),
            accepted: from_zero(&accepted),
            overrides: from_zero(&overrides),
        }))
    }

    /// Records a duration under its step.
    pub fn record(&self, step: Step, took: Duration) {
        let histogram = match step {
            Step::Delay => &self.0.delay,
            Step::Total => &self.0.total,
            Step::Cancelled => &self.0.cancelled,
        };
        histogram.record(took.as_secs_f64());
    }

    /// Records how late the clock woke: the measured wait minus the drawn delay.
    pub fn record_error(&self, late: Duration) {
        self.0.error.record(late.as_secs_f64());
    }

    /// Counts a timed request that entered.
    pub fn accept(&self) {
        self.0.accepted.add(1);
    }

    /// Counts a timed request whose answer departs from the declared truth.
    pub fn depart(&self) {
        self.0.overrides.add(1);
    }
}

/// Binds a counter without labels and makes its series exist, at 0.
fn from_zero(counter: &Counter<u64>) -> BoundCounter<u64> {
    let bound = counter.bind(&[]);
    bound.add(0);
    bound
}
