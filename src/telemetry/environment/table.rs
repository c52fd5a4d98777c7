//! Every `OTEL_*` variable of the specification, and what this service does with it.

use super::{
    honoured::HONOURED,
    signal::{self, Signal},
    treatment::{Treatment, Variable},
    variables::Variables,
    without_effect::WITHOUT_EFFECT,
};
use crate::telemetry::error::TelemetryError;

/// Every variable.
pub fn all() -> impl Iterator<Item = Variable> {
    let of_exporters = signal::ALL.into_iter().flat_map(Signal::own);
    let honoured = HONOURED.iter().copied().chain(of_exporters);
    let honoured = honoured.map(|(name, note)| Variable {
        name,
        treatment: Treatment::Honoured,
        note,
    });
    let others = WITHOUT_EFFECT.iter().flat_map(|&(note, names)| {
        let named = names.iter();
        named.map(move |&name| Variable {
            name,
            treatment: Treatment::NoEffect,
            note,
        })
    });
    honoured.chain(others)
}

/// A warning for each variable that is set in vain.
pub fn warnings(variables: &Variables) -> Result<Vec<String>, TelemetryError> {
    let mut warnings = Vec::new();
    for row in all().filter(|row| row.treatment == Treatment::NoEffect) {
        if variables.get(row.name)?.is_some() {
            warnings.push(format!("{} has no effect: {}", row.name, row.note));
        }
    }
    let unknown = variables.names().filter(|name| is_unknown(name));
    warnings.extend(unknown.map(|name| {
        format!("{name} has no effect: the name is unknown; docs/telemetry.md lists those that are supported")
    }));
    Ok(warnings)
}

/// Whether a variable has effect, at least in some cases.
pub fn is_honoured(name: &str) -> bool {
    all().any(|row| row.name == name && row.treatment == Treatment::Honoured)
}

/// The OpenTelemetry operator sets `OTEL_RESOURCE_ATTRIBUTES_…` to refer to them, which is not meant for an SDK.
fn is_unknown(name: &str) -> bool {
    !(all().any(|known| known.name == name)
        || name.starts_with("OTEL_RESOURCE_ATTRIBUTES_")
        || is_of_kubernetes(name))
}

/// Whether Kubernetes sets a variable of this name for a service of its own: `OTEL_COLLECTOR_SERVICE_HOST` and the like
/// for a service that is called `otel-collector`.
#[must_use]
pub fn is_of_kubernetes(name: &str) -> bool {
    let parts = ["_SERVICE_HOST", "_SERVICE_PORT", "_PORT_"];
    parts.iter().any(|part| name.contains(part)) || name.ends_with("_PORT")
}
