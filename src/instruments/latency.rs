//! Timed requests: `execution_latency_seconds{step}`, and the ledger's left side, `requests_accepted_total`.

use std::{sync::Arc, time::Duration};

use opentelemetry::{KeyValue, metrics::BoundCounter};

use super::{
    args::MetricArgs,
    from_zero::from_zero,
    recorder::{Durations, Recorder},
};
use crate::contract::{Metric, Step, TraceContext, names::label};

/// Instruments of the timed requests. Cloning is cheap; all clones record into the same series.
#[derive(Clone, Debug)]
pub struct Latency(Arc<Bound>);

#[derive(Debug)]
struct Bound {
    delay: Durations,
    total: Durations,
    cancelled: Durations,
    accepted: BoundCounter<u64>,
}

impl Latency {
    /// A scrape reads instruments in the order of their creation. The histograms are written last in a request, so they
    /// are created before the counter that is written first: accepted is never below completed + cancelled.
    pub(super) fn new(recorder: &Recorder, args: &MetricArgs) -> Self {
        let names = args.names();
        let name = names.instrument(Metric::ExecutionLatency);
        let bounds = args.buckets.bounds().to_vec();
        let steps = recorder.durations(name, "Time spent.", bounds);
        let accepted = recorder
            .meter
            .u64_counter(names.instrument(Metric::RequestsAccepted))
            .with_description("Timed requests that entered the service.")
            .build();
        // `bind` on a label makes the series exist from the start.
        let step = |step: Step| steps.bind(&[KeyValue::new(label::STEP, step.as_str())]);
        Self(Arc::new(Bound {
            delay: step(Step::Delay),
            total: step(Step::Total),
            cancelled: step(Step::Cancelled),
            accepted: from_zero(&accepted),
        }))
    }

    /// Records a duration under its step. `sampled` has the trace id and the span id of a request whose span is sampled.
    pub fn record(&self, step: Step, took: Duration, sampled: Option<TraceContext>) {
        let histogram = match step {
            Step::Delay => &self.0.delay,
            Step::Total => &self.0.total,
            Step::Cancelled => &self.0.cancelled,
        };
        histogram.record(took, sampled);
    }

    /// Counts a timed request that entered.
    pub fn accept(&self) {
        self.0.accepted.add(1);
    }
}
