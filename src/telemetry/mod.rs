//! The only place that names an SDK, an exporter or a subscriber, and the only reader of `OTEL_*`. Builds them, hands out
//! API types, and shuts them down. Suits any service, which says who it is by a [`Service`].
//!
//! Errors: a setting that cannot be honoured is a [`TelemetryError`] at the start; what fails later (an absent collector)
//! is a metric and one log line, and does not affect requests.

mod counting_exporter;
mod environment;
mod logs;
mod metrics;
mod resource;
mod server_span;
mod service;
mod traces;

pub use environment::TelemetryError;
pub use logs::LogFormat;
pub use metrics::Metrics;
pub use server_span::{ChildSpan, ServerSpan, nanoseconds};
pub use service::Service;
pub use traces::Tracing;

use std::{sync::Arc, time::Duration};

/// How long the last spans may take to reach a collector.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(5);

/// Everything that observes one process. Ends with [`shutdown`](Self::shutdown), which can fail: not with a drop.
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
        let telemetry = Self::build(service, environment::traces()?)?;
        logs::install(format, telemetry.tracing.tracer());
        Ok(telemetry)
    }

    /// Metrics, and trace ids without any export, for tests. Sets nothing global.
    ///
    /// # Errors
    /// When the registry refuses a collector.
    pub fn unexported(service: Service) -> Result<Self, TelemetryError> {
        Self::build(service, None)
    }

    fn build(
        service: Service,
        export: Option<environment::Export>,
    ) -> Result<Self, TelemetryError> {
        let resource = resource::detect(service);
        let metrics = Metrics::new(service, resource.clone())?;
        if export.is_some() {
            metrics.make_global();
        }
        Ok(Self {
            instance_id: resource::instance_id(&resource),
            tracing: Arc::new(Tracing::new(service, resource, export, &metrics)?),
            metrics,
        })
    }

    /// Flushes and stops the tracer, then the meter. Blocks: call it outside the runtime's worker threads, while the
    /// runtime still exists.
    ///
    /// # Errors
    /// When the last spans could not be delivered.
    pub fn shutdown(self) -> Result<(), TelemetryError> {
        let traces = self.tracing.shutdown(FLUSH_TIMEOUT);
        let metrics = self.metrics.shutdown();
        traces.and(metrics).map_err(TelemetryError::Shutdown)
    }
}
