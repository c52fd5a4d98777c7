//! The only place that names an SDK, an exporter or a subscriber, and the only reader of `OTEL_*`. Builds them, hands out
//! API types, and shuts them down. Suits any service, which says who it is by a [`Service`].
//!
//! Errors: a setting that cannot be honoured is a [`TelemetryError`] at the start; what fails later (an absent collector)
//! is a metric and one log line, and does not affect requests.

mod carrier;
mod chain;
mod counting_exporter;
mod counting_processor;
mod environment;
mod error;
mod exporter;
mod families;
mod http_client;
mod logs;
mod metrics;
mod process;
mod reader;
mod resource;
mod scrape;
mod server_span;
mod service;
mod trace_ids;
mod traces;

pub use environment::{Treatment, Variable, is_of_kubernetes, variables};
pub use error::TelemetryError;
pub use logs::LogFormat;
pub use metrics::Metrics;
pub use server_span::{ChildSpan, ServerSpan, nanoseconds};
pub use service::Service;
pub use traces::Tracing;

use std::{mem, sync::Arc, time::Duration};

use environment::{Settings, Variables};

/// How long the last spans may take to reach a collector.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(5);

/// Everything that observes one process. Ends with [`shutdown`](Self::shutdown), which takes time: not with a drop.
#[derive(Debug)]
#[must_use = "the last spans are lost unless it is shut down"]
pub struct Telemetry {
    /// Creates instruments, and answers scrapes.
    pub metrics: Metrics,
    /// Creates the spans of requests.
    pub tracing: Arc<Tracing>,
    /// `service.instance.id`: tells replicas and process restarts apart.
    pub instance_id: String,
}

impl Telemetry {
    /// Starts metrics, traces and logs by the `OTEL_*` variables. Log lines look like `format`: text on a terminal and JSON
    /// elsewhere, unless given. Call it within a Tokio runtime, once per process: it sets the global subscriber and meter
    /// provider.
    ///
    /// # Errors
    /// When a variable asks for something that is not supported, or an exporter cannot be built.
    pub fn start(service: Service, format: Option<LogFormat>) -> Result<Self, TelemetryError> {
        let mut settings = Settings::read(&Variables::of_process())?;
        let warnings = mem::take(&mut settings.warnings);
        let telemetry = Self::build(service, settings)?;
        let filter = logs::install(format, telemetry.tracing.tracer());
        for warning in warnings.into_iter().chain(filter) {
            tracing::warn!("{warning}");
        }
        Ok(telemetry)
    }

    /// Metrics, and trace ids without any export, for tests. Sets nothing global.
    ///
    /// # Errors
    /// When the registry refuses a collector.
    pub fn unexported(service: Service) -> Result<Self, TelemetryError> {
        Self::build(service, Settings::default())
    }

    fn build(service: Service, settings: Settings) -> Result<Self, TelemetryError> {
        let resource = resource::new(service, &settings.attributes);
        let metrics = Metrics::new(service, &resource);
        if settings.export.is_some() {
            metrics.make_global();
        }
        let (propagators, export) = (&settings.propagators, settings.export);
        Ok(Self {
            instance_id: resource::instance_id(&resource),
            tracing: Arc::new(Tracing::new(
                service,
                resource,
                propagators,
                export,
                &metrics,
            )?),
            metrics,
        })
    }

    /// Flushes and stops the tracer, then the meter; spans that could not be delivered are a warning. Blocks: call it
    /// outside the runtime's worker threads, while the runtime still exists.
    pub fn shutdown(self) {
        let undelivered = self.tracing.shutdown(FLUSH_TIMEOUT);
        if undelivered > 0 {
            tracing::warn!(
                spans = undelivered,
                "spans were not delivered to the collector"
            );
        }
        self.metrics.shutdown();
    }
}

#[cfg(test)]
mod tests;
