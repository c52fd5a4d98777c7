//! Every metric that the service emits, said once: name, unit, help, bounds, labels. OpenTelemetry API only.

mod args;
mod facts;
mod http;
mod latency;

pub use args::MetricArgs;
pub use facts::Facts;
pub use http::{HttpInstruments, HttpRequest, Outcome};
pub use latency::{Latency, Step};

use std::sync::Arc;

use opentelemetry::metrics::{BoundCounter, Meter};

/// All instruments of one service, built on one meter, handed to whoever records.
#[derive(Clone, Debug)]
pub struct Instruments {
    /// The timed requests: where their time went, and the ledger.
    pub latency: Latency,
    /// The OpenTelemetry HTTP server conventions.
    pub http: HttpInstruments,
    rejected_in_flight: Arc<BoundCounter<u64>>,
}

impl Instruments {
    /// Builds every instrument. Order matters: a scrape reads instruments in the order of their making, so that the
    /// histograms, which are written last in a request, are made before the counter that is written first.
    #[must_use]
    pub fn new(meter: &Meter, args: &MetricArgs, facts: &Facts<'_>) -> Self {
        let latency = Latency::new(meter, args);
        let http = HttpInstruments::new(meter);
        let rejected = meter
            .u64_counter(args.name("requests_rejected"))
            .with_description("Requests refused for load, by reason.")
            .build()
            .bind(&[opentelemetry::KeyValue::new("reason", "max_in_flight")]);
        facts.state(meter, args);
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
