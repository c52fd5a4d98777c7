//! The only place that names an SDK, an exporter or a subscriber, and the only reader of `OTEL_*`. Builds them, hands out
//! API types, and shuts them down. Suits any service, which says who it is by a [`Service`].
//!
//! Errors: a setting that cannot be honoured is a [`TelemetryError`] at the start; what fails later (an absent collector)
//! is a metric and one log line, and does not affect requests.

mod carrier;
mod chain;
mod counting_exporter;
mod counting_processor;
mod delivery;
mod environment;
mod error;
mod exporter;
mod families;
mod fan_out;
mod http_client;
mod log_export;
mod log_writer;
mod logs;
mod metrics;
mod process;
mod push;
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

use std::{
    mem,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use environment::{Settings, Variables};
use log_export::ExportedLogs;

/// How long the last spans, metrics and log records may take to reach a collector.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(5);
/// What the log records of the flush itself have at least, where a collector of spans or metrics hangs.
const LAST_RECORDS: Duration = Duration::from_millis(500);

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
    /// Exports log records, where that is asked for.
    logs: Option<ExportedLogs>,
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
        let exported = telemetry.logs.as_ref().map(ExportedLogs::bridge);
        let filter = logs::install(format, telemetry.tracing.tracer(), exported);
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
        let mut metrics = Metrics::new(service, &resource);
        let Settings {
            propagators,
            traces,
            metrics: pushed,
            logs,
            ..
        } = settings;
        if let Some(export) = &pushed {
            let provider = push::provider(export, resource.clone(), &metrics.meter())?;
            metrics.push_to(provider);
        }
        if traces.is_some() || pushed.is_some() || logs.is_some() {
            metrics.make_global();
        }
        let logs = logs.map(|export| ExportedLogs::new(&export, resource.clone(), &metrics));
        Ok(Self {
            instance_id: resource::instance_id(&resource),
            logs: logs.transpose()?,
            tracing: Arc::new(Tracing::new(
                service,
                resource,
                &propagators,
                traces,
                &metrics,
            )?),
            metrics,
        })
    }

    /// Delivers what is left, and stops; spans, metrics and log records that could not be delivered are a warning each.
    /// Blocks for at most 5.5 seconds: call it outside the runtime's worker threads, while the runtime still exists.
    pub fn shutdown(self) {
        let deadline = Instant::now() + FLUSH_TIMEOUT;
        // At the same time: a collector that hangs uses up the time of each.
        let (spans, metrics) = thread::scope(|scope| {
            let metrics = scope.spawn(|| self.metrics.shutdown());
            scope.spawn(|| self.logs.as_ref().map(ExportedLogs::flush));
            (self.tracing.shutdown(FLUSH_TIMEOUT), metrics.join())
        });
        if spans > 0 {
            tracing::warn!(spans, "spans were not delivered to the collector");
        }
        if !matches!(metrics, Ok(Ok(()))) {
            tracing::warn!("the last metrics were not delivered to the collector");
        }
        let left = deadline.saturating_duration_since(Instant::now());
        let left = left.max(LAST_RECORDS);
        let records = self.logs.as_ref().map_or(0, |logs| logs.shutdown(left));
        if records > 0 {
            tracing::warn!(records, "log records were not delivered to the collector");
        }
    }
}

#[cfg(test)]
mod tests;
