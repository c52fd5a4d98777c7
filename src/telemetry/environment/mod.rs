//! The `OTEL_*` variables: read once, checked, and handed on as values, so that the SDK's own reading of them decides
//! nothing. <https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/>

mod attributes;
mod batch;
mod honoured;
mod otlp;
mod propagators;
mod sampler;
mod table;
mod treatment;
mod value;
mod variables;
mod without_effect;

pub use attributes::label;
pub use batch::Batch;
pub use otlp::{Otlp, Protocol, Tls};
pub use propagators::Propagator;
pub use table::{all as variables, is_of_kubernetes};
pub use treatment::{Treatment, Variable};
pub use variables::Variables;

use opentelemetry_sdk::trace::{Sampler, SpanLimits};

use super::error::TelemetryError;

/// What the environment asks for.
#[derive(Debug)]
pub struct Settings {
    /// Attributes of the resource.
    pub attributes: Vec<(String, String)>,
    pub propagators: Vec<Propagator>,
    /// How spans are exported; `None` where they are not.
    pub export: Option<Export>,
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

impl Settings {
    /// Reads and checks every variable.
    ///
    /// # Errors
    /// When a value cannot be honoured.
    pub fn read(variables: &Variables) -> Result<Self, TelemetryError> {
        let mut warnings = table::warnings(variables)?;
        let attributes = attributes::read(variables)?;
        let propagators = propagators::read(variables)?;
        let exports = exports(variables, &mut warnings)?;
        // Checked without an export, too: a typing error shows before the endpoint is set.
        let sampler = sampler::read(variables, &mut warnings)?;
        let batch = batch::read(variables)?;
        let limits = batch::limits(variables)?;
        let otlp = otlp::read(variables, batch.export_timeout, &mut warnings)?;
        let export = exports.then_some(Export {
            otlp,
            batch,
            sampler,
            limits,
        });
        Ok(Self {
            attributes,
            propagators,
            export,
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
            export: None,
            warnings: Vec::new(),
        }
    }
}

/// Whether spans are exported: an exporter or an endpoint is named, and nothing turns it off.
fn exports(variables: &Variables, warnings: &mut Vec<String>) -> Result<bool, TelemetryError> {
    const EXPORTER: &str = "OTEL_TRACES_EXPORTER";
    let is_disabled = value::boolean(variables, "OTEL_SDK_DISABLED", warnings)?;
    let exporter = variables.get(EXPORTER)?;
    let names_endpoint = otlp::ENDPOINTS
        .into_iter()
        .map(|name| variables.get(name))
        .collect::<Result<Vec<_>, _>>()?
        .into_iter()
        .any(|endpoint| endpoint.is_some());
    let exports = match exporter.map(str::to_ascii_lowercase).as_deref() {
        None => names_endpoint,
        Some("otlp") => true,
        Some("none") => false,
        Some(_) => {
            return Err(TelemetryError::variable(
                EXPORTER,
                exporter.unwrap_or_default(),
                "supported are `otlp` and `none`",
            ));
        }
    };
    if !exports && exporter.is_none() && !is_disabled {
        let idle: Vec<_> = table::without_export(variables).collect();
        if !idle.is_empty() {
            warnings.push(format!(
                "{}: no effect, since spans are exported only where OTEL_EXPORTER_OTLP_ENDPOINT or \
                 OTEL_TRACES_EXPORTER=otlp is set",
                idle.join(", ")
            ));
        }
    }
    Ok(exports && !is_disabled)
}

#[cfg(test)]
mod tests;
