//! The `OTEL_*` variables: read once, checked, and handed on as values, so that the SDK's own reading of them decides
//! nothing. <https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/>

mod attributes;
mod batch;
mod exports;
mod honoured;
mod limits;
mod metrics;
mod otlp;
mod propagators;
mod sampler;
mod signal;
mod table;
mod treatment;
mod value;
mod variables;
mod without_effect;

pub use batch::Batch;
pub use metrics::Pushes;
pub use otlp::{Otlp, Protocol, Tls};
pub use propagators::Propagator;
pub use table::{all as variables, is_of_kubernetes};
pub use treatment::{Treatment, Variable};
pub use variables::Variables;

use opentelemetry_sdk::trace::{Sampler, SpanLimits};

use signal::{LOGS, METRICS, TRACES};

use super::error::TelemetryError;

/// What the environment asks for.
#[derive(Debug)]
pub struct Settings {
    /// Attributes of the resource.
    pub attributes: Vec<(String, String)>,
    pub propagators: Vec<Propagator>,
    /// How spans are exported; `None` where they are not.
    pub traces: Option<Export>,
    /// How metrics are exported beside the scrape; `None` where they are not.
    pub metrics: Option<MetricExport>,
    /// How logs are exported beside stderr; `None` where they are not.
    pub logs: Option<LogExport>,
    /// What has no effect, to be logged once logging is set up.
    pub warnings: Vec<String>,
}

/// How spans are sampled, queued and exported.
#[derive(Debug)]
pub struct Export {
    pub otlp: Otlp,
    pub batch: Batch,
    pub sampler: Sampler,
    pub limits: SpanLimits,
}

/// How metrics are exported.
#[derive(Debug)]
pub struct MetricExport {
    pub otlp: Otlp,
    pub pushes: Pushes,
}

/// How logs are queued and exported.
#[derive(Debug)]
pub struct LogExport {
    pub otlp: Otlp,
    pub batch: Batch,
}

impl Settings {
    /// Reads and checks every variable.
    ///
    /// # Errors
    /// When a value cannot be honoured.
    pub fn read(variables: &Variables) -> Result<Self, TelemetryError> {
        let mut warnings = table::warnings(variables)?;
        let [traces, metrics, logs] = exports::read(variables, &mut warnings)?;
        Ok(Self {
            attributes: attributes::read(variables)?,
            propagators: propagators::read(variables)?,
            traces: used(traces, Export::read, variables, &mut warnings)?,
            metrics: used(metrics, MetricExport::read, variables, &mut warnings)?,
            logs: used(logs, LogExport::read, variables, &mut warnings)?,
            warnings,
        })
    }
}

/// Nothing is set.
impl Default for Settings {
    fn default() -> Self {
        Self {
            attributes: Vec::new(),
            propagators: Propagator::DEFAULT.to_vec(),
            traces: None,
            metrics: None,
            logs: None,
            warnings: Vec::new(),
        }
    }
}

/// Reads the settings of a signal, also where it is not exported: a typing error shows before the endpoint is set.
fn used<E>(
    is_exported: bool,
    read: fn(&Variables, &mut Vec<String>) -> Result<E, TelemetryError>,
    variables: &Variables,
    warnings: &mut Vec<String>,
) -> Result<Option<E>, TelemetryError> {
    let mut found = Vec::new();
    let export = read(variables, &mut found)?;
    if !is_exported {
        return Ok(None);
    }
    found.retain(|warning| !warnings.contains(warning));
    warnings.append(&mut found);
    Ok(Some(export))
}

impl Export {
    fn read(variables: &Variables, warnings: &mut Vec<String>) -> Result<Self, TelemetryError> {
        let batch = batch::read(&batch::SPANS, variables)?;
        Ok(Self {
            otlp: otlp::read(&TRACES, variables, batch.export_timeout, warnings)?,
            batch,
            sampler: sampler::read(variables, warnings)?,
            limits: limits::read(variables)?,
        })
    }
}

impl MetricExport {
    fn read(variables: &Variables, warnings: &mut Vec<String>) -> Result<Self, TelemetryError> {
        let pushes = metrics::read(variables)?;
        Ok(Self {
            otlp: otlp::read(&METRICS, variables, pushes.export_timeout, warnings)?,
            pushes,
        })
    }
}

impl LogExport {
    fn read(variables: &Variables, warnings: &mut Vec<String>) -> Result<Self, TelemetryError> {
        let batch = batch::read(&batch::LOG_RECORDS, variables)?;
        Ok(Self {
            otlp: otlp::read(&LOGS, variables, batch.export_timeout, warnings)?,
            batch,
        })
    }
}

#[cfg(test)]
mod tests;
