//! The only place that names an SDK, an exporter or a subscriber. Builds them, hands out API types, and shuts them down.
//!
//! Errors: what the environment asks for and cannot be had is a [`TelemetryError`] at the start; what fails later (an
//! absent collector) is a metric and one log line, and costs no request anything.

mod environment;
mod logs;
mod metrics;
mod resource;
mod traces;
mod watched;

pub use environment::TelemetryError;
pub use logs::{LogArgs, LogFormat};
pub use metrics::Metrics;
pub use resource::instance_id;
pub use traces::{ServerSpan, Tracing};

use std::{sync::Arc, time::Duration};

use opentelemetry_sdk::Resource;

/// How long the last spans may take to reach a collector.
const FLUSH: Duration = Duration::from_secs(5);

/// Everything that observes one process. Ends with [`shutdown`](Self::shutdown), which can fail: not with a drop.
#[derive(Debug)]
#[must_use = "the last spans are lost unless it is shut down"]
pub struct Telemetry {
    /// Where instruments are made, and what a scrape reads.
    pub metrics: Metrics,
    /// What makes spans of requests.
    pub tracing: Arc<Tracing>,
    /// `service.instance.id`: tells replicas and restarts apart.
    pub instance_id: String,
}

impl Telemetry {
    /// Starts metrics, traces and logs as the `OTEL_*` variables and `logs` ask. Call it within a Tokio runtime, once a
    /// process: it also sets the global meter provider, which the SDK's own metrics go through.
    ///
    /// # Errors
    /// When a variable asks for what is not there, or an exporter cannot be built.
    pub fn start(logs: LogArgs) -> Result<Self, TelemetryError> {
        let telemetry = Self::build(&resource::detect(), environment::traces()?.as_ref())?;
        logs::install(logs, telemetry.tracing.tracer());
        Ok(telemetry)
    }

    /// Metrics, and trace ids without any export: what a test needs. Touches nothing global.
    ///
    /// # Errors
    /// When the registry refuses a collector.
    pub fn unexported() -> Result<Self, TelemetryError> {
        Self::build(&resource::detect(), None)
    }

    fn build(
        resource: &Resource,
        export: Option<&environment::Export>,
    ) -> Result<Self, TelemetryError> {
        let metrics = Metrics::new(resource.clone())?;
        if export.is_some() {
            metrics.make_global();
        }
        Ok(Self {
            tracing: Arc::new(Tracing::new(resource.clone(), export, &metrics)?),
            instance_id: instance_id(resource),
            metrics,
        })
    }

    /// Flushes and ends tracer, then meter. Blocks: call it off the runtime's workers, while the runtime still lives.
    ///
    /// # Errors
    /// When the last spans could not be delivered.
    pub fn shutdown(self) -> Result<(), TelemetryError> {
        let traces = self.tracing.shutdown(FLUSH);
        let metrics = self.metrics.shutdown();
        traces.and(metrics).map_err(TelemetryError::Shutdown)
    }
}
