//! Reads `OTEL_PROPAGATORS`.

use super::variables::Variables;
use crate::telemetry::error::TelemetryError;

const NAME: &str = "OTEL_PROPAGATORS";

/// Which headers carry the context of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Propagator {
    TraceContext,
    Baggage,
}

impl Propagator {
    /// Those of a service where the variable is not set.
    pub const DEFAULT: [Self; 2] = [Self::TraceContext, Self::Baggage];
}

pub fn read(variables: &Variables) -> Result<Vec<Propagator>, TelemetryError> {
    let Some(given) = variables.get(NAME)? else {
        return Ok(Propagator::DEFAULT.to_vec());
    };
    let mut wanted = Vec::new();
    for name in given.split(',').map(str::trim) {
        let propagator = match name.to_ascii_lowercase().as_str() {
            "tracecontext" => Propagator::TraceContext,
            "baggage" => Propagator::Baggage,
            "none" => return Ok(Vec::new()),
            _ => {
                return Err(TelemetryError::variable(
                    NAME,
                    given,
                    "supported are `tracecontext`, `baggage` and `none`",
                ));
            }
        };
        if !wanted.contains(&propagator) {
            wanted.push(propagator);
        }
    }
    Ok(wanted)
}
