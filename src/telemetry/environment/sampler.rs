//! Reads `OTEL_TRACES_SAMPLER` and its argument. What cannot be read is refused: no default would be narrower than what
//! the variable asks for.

use opentelemetry_sdk::trace::Sampler;

use super::variables::Variables;
use crate::telemetry::error::TelemetryError;

const SAMPLER: &str = "OTEL_TRACES_SAMPLER";
const ARGUMENT: &str = "OTEL_TRACES_SAMPLER_ARG";

pub fn read(variables: &Variables, warnings: &mut Vec<String>) -> Result<Sampler, TelemetryError> {
    let given = variables.get(SAMPLER)?;
    let name = given.map(str::to_ascii_lowercase);
    let name = name.as_deref().unwrap_or("parentbased_always_on");
    let (is_parent_based, root) = match name.strip_prefix("parentbased_") {
        Some(root) => (true, root),
        None => (false, name),
    };
    let sampler = match root {
        "always_on" => Sampler::AlwaysOn,
        "always_off" => Sampler::AlwaysOff,
        "traceidratio" => Sampler::TraceIdRatioBased(ratio(variables, warnings)?),
        _ => {
            return Err(TelemetryError::variable(
                SAMPLER,
                given.unwrap_or_default(),
                "supported are `always_on`, `always_off`, `traceidratio`, and each after `parentbased_`",
            ));
        }
    };
    if root != "traceidratio" && variables.get(ARGUMENT)?.is_some() {
        warnings.push(format!(
            "{ARGUMENT}: no effect, since the sampler is `{name}`"
        ));
    }
    Ok(if is_parent_based {
        Sampler::ParentBased(Box::new(sampler))
    } else {
        sampler
    })
}

fn ratio(variables: &Variables, warnings: &mut Vec<String>) -> Result<f64, TelemetryError> {
    let Some(given) = variables.get(ARGUMENT)? else {
        warnings.push(format!(
            "{ARGUMENT} is not set: every trace is sampled, which is the specification's default"
        ));
        return Ok(1.0);
    };
    let ratio = given
        .parse()
        .ok()
        .filter(|ratio| (0.0..=1.0).contains(ratio));
    ratio.ok_or_else(|| TelemetryError::variable(ARGUMENT, given, "must be a number from 0 to 1"))
}
