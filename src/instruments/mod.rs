//! Every metric that the service emits, defined once: instrument, unit, help, bounds, labels. OpenTelemetry API only.
//!
//! [`Instruments`] suit any HTTP service; [`DelayInstruments`] belong to one that declares its delay.

mod args;
mod delay;
mod detail;
mod from_zero;
mod http;
mod latency;
mod recorder;

pub use args::MetricArgs;
pub use delay::{DeclaredDelay, DelayInstruments};
pub use detail::Known;
pub use http::{HttpInstruments, HttpRequest, Outcome, outcome_attributes};
pub use latency::Latency;
pub use recorder::{BySeries, Details, DurationHistogram, Durations, Recorder};

use std::sync::Arc;

use opentelemetry::{KeyValue, metrics::BoundCounter};

use crate::contract::{Metric, names::label};

/// The instruments around the requests of one service. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Instruments {
    /// The timed requests: where their time went, and the ledger.
    pub latency: Latency,
    /// The OpenTelemetry HTTP server conventions.
    pub http: HttpInstruments,
    rejected_in_flight: Arc<BoundCounter<u64>>,
}

impl Instruments {
    /// Builds every instrument.
    #[must_use]
    pub fn new(recorder: &Recorder, args: &MetricArgs) -> Self {
        let latency = Latency::new(recorder, args);
        let http = HttpInstruments::new(recorder);
        let rejected = recorder
            .meter
            .u64_counter(args.names().instrument(Metric::RequestsRejected))
            .with_description("Requests refused for load, by reason.")
            .build()
            .bind(&[KeyValue::new(label::REASON, "max_in_flight")]);
        Self {
            latency,
            http,
            rejected_in_flight: Arc::new(rejected),
        }
    }

    /// Counts a request that was refused because too many were in flight.
    pub fn reject_in_flight(&self) {
        self.rejected_in_flight.add(1);
    }
}
