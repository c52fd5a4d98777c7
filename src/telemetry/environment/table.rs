//! Every `OTEL_*` variable of the specification, and what this service does with it.

use super::{
    honoured::HONOURED,
    treatment::{Treatment, Variable},
    variables::Variables,
    without_effect::WITHOUT_EFFECT,
};
use crate::telemetry::error::TelemetryError;

/// Every variable.
pub fn all() -> impl Iterator<Item = Variable> {
    let honoured = HONOURED.iter().map(|&(name, note)| Variable {
        name,
        treatment: Treatment::Honoured,
        note,
    });
    let others = WITHOUT_EFFECT.iter().flat_map(|&(treatment, note, names)| {
        let named = names.iter();
        named.map(move |&name| Variable {
            name,
            treatment,
            note,
        })
    });
    honoured.chain(others)
}

/// A warning for each variable that is set in vain.
pub fn warnings(variables: &Variables) -> Result<Vec<String>, TelemetryError> {
    let mut warnings = Vec::new();
    for Variable {
        name,
        treatment,
        note,
    } in all()
    {
        let known: &[&str] = match treatment {
            Treatment::Honoured => continue,
            Treatment::Fixed(known) => known,
            Treatment::NoEffect => &[],
        };
        let given = variables.get(name)?;
        if given.is_some_and(|given| !known.iter().any(|known| known.eq_ignore_ascii_case(given))) {
            warnings.push(format!("{name} has no effect: {note}"));
        }
    }
    let unknown = variables.names().filter(|name| is_unknown(name));
    warnings.extend(unknown.map(|name| {
        format!("{name} has no effect: the name is unknown; docs/telemetry.md lists those that are supported")
    }));
    Ok(warnings)
}

/// Those that are set and only matter where spans are exported.
pub fn without_export(variables: &Variables) -> impl Iterator<Item = &str> {
    const OF_EXPORT: [&str; 3] = ["OTEL_EXPORTER_OTLP_", "OTEL_BSP_", "OTEL_TRACES_SAMPLER"];
    let honoured = |name: &&str| HONOURED.iter().any(|known| known.0 == *name);
    let is_of_export = |name: &&str| OF_EXPORT.iter().any(|prefix| name.starts_with(prefix));
    variables.names().filter(honoured).filter(is_of_export)
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
