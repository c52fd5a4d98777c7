//! The standard `OTEL_*` variables that the SDK leaves to the application, read once and checked.
//! <https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/>

use std::env;

/// Why telemetry could not be started, or not be stopped cleanly.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// A variable has an unsupported value.
    #[error("{variable}=`{value}`: {reason}")]
    Variable {
        /// The variable's name.
        variable: &'static str,
        /// Its value.
        value: String,
        /// Which values are supported.
        reason: &'static str,
    },
    /// An exporter could not be built.
    #[error("the trace exporter cannot be built: {0}")]
    Exporter(#[from] opentelemetry_otlp::ExporterBuildError),
    /// The metrics registry refused a collector.
    #[error("the metrics registry: {0}")]
    Registry(String),
    /// The last spans or metrics could not be delivered.
    #[error("the last spans may be lost: {0}")]
    Shutdown(opentelemetry_sdk::error::OTelSdkError),
}

/// The protocol of the OTLP exporter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Export {
    Grpc,
    HttpProtobuf,
}

/// Which headers carry the context of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Propagator {
    TraceContext,
    Baggage,
}

/// How traces are exported; `None` where no endpoint is set, or export is disabled.
pub fn traces() -> Result<Option<Export>, TelemetryError> {
    traces_from(&variable)
}

/// The propagators: W3C trace context and baggage unless `OTEL_PROPAGATORS` says otherwise.
pub fn propagators() -> Result<Vec<Propagator>, TelemetryError> {
    propagators_from(&variable)
}

/// `OTEL_SERVICE_NAME`.
pub fn service_name() -> Option<String> {
    variable("OTEL_SERVICE_NAME")
}

/// Whether the user chose how many spans may wait for export.
pub fn has_queue_size() -> bool {
    variable("OTEL_BSP_MAX_QUEUE_SIZE").is_some()
}

/// A variable that is set and not empty: the specification treats an empty one as unset.
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.trim().is_empty())
}

fn traces_from(get: &dyn Fn(&str) -> Option<String>) -> Result<Option<Export>, TelemetryError> {
    if get("OTEL_SDK_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
        return Ok(None);
    }
    match get("OTEL_TRACES_EXPORTER").as_deref() {
        None | Some("otlp") => {}
        Some("none") => return Ok(None),
        Some(value) => {
            return Err(TelemetryError::Variable {
                variable: "OTEL_TRACES_EXPORTER",
                value: value.to_owned(),
                reason: "supported are `otlp` and `none`",
            });
        }
    }
    if get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
        .or_else(|| get("OTEL_EXPORTER_OTLP_ENDPOINT"))
        .is_none()
    {
        return Ok(None);
    }
    [
        "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
        "OTEL_EXPORTER_OTLP_PROTOCOL",
    ]
    .into_iter()
    .find_map(|name| get(name).map(|value| protocol(name, value)))
    .unwrap_or(Ok(Export::HttpProtobuf))
    .map(Some)
}

fn protocol(variable: &'static str, value: String) -> Result<Export, TelemetryError> {
    match value.as_str() {
        "grpc" => Ok(Export::Grpc),
        "http/protobuf" => Ok(Export::HttpProtobuf),
        _ => Err(TelemetryError::Variable {
            variable,
            value,
            reason: "supported are `grpc` and `http/protobuf`",
        }),
    }
}

fn propagators_from(
    get: &dyn Fn(&str) -> Option<String>,
) -> Result<Vec<Propagator>, TelemetryError> {
    const VARIABLE: &str = "OTEL_PROPAGATORS";
    let Some(given) = get(VARIABLE) else {
        return Ok(vec![Propagator::TraceContext, Propagator::Baggage]);
    };
    let mut wanted = Vec::new();
    for name in given.split(',').map(str::trim) {
        match name {
            "tracecontext" => wanted.push(Propagator::TraceContext),
            "baggage" => wanted.push(Propagator::Baggage),
            "none" => return Ok(Vec::new()),
            _ => {
                return Err(TelemetryError::Variable {
                    variable: VARIABLE,
                    value: given,
                    reason: "supported are `tracecontext`, `baggage` and `none`",
                });
            }
        }
    }
    Ok(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(pairs: &'static [(&str, &str)]) -> impl Fn(&str) -> Option<String> {
        move |name| {
            let found = pairs.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        }
    }

    #[test]
    fn without_an_endpoint_nothing_is_exported() {
        assert_eq!(traces_from(&set(&[])).unwrap(), None);
        assert_eq!(
            traces_from(&set(&[("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")])).unwrap(),
            None
        );
    }

    #[test]
    fn the_signal_s_own_protocol_wins() {
        let both = set(&[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4317"),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
            ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "grpc"),
        ]);
        assert_eq!(traces_from(&both).unwrap(), Some(Export::Grpc));
    }

    #[test]
    fn a_disabled_sdk_exports_nothing_wherever_the_endpoint() {
        for off in [
            ("OTEL_SDK_DISABLED", "true"),
            ("OTEL_TRACES_EXPORTER", "none"),
        ] {
            let get = move |name: &str| match name {
                "OTEL_EXPORTER_OTLP_ENDPOINT" => Some("http://localhost:4318".to_owned()),
                name if name == off.0 => Some(off.1.to_owned()),
                _ => None,
            };
            assert_eq!(traces_from(&get).unwrap(), None, "{off:?}");
        }
    }

    #[test]
    fn unsupported_values_are_refused_by_name() {
        let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4318");
        for (variable, value) in [
            ("OTEL_TRACES_EXPORTER", "zipkin"),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"),
        ] {
            let get = |name: &str| match name {
                name if name == variable => Some(value.to_owned()),
                name if name == endpoint.0 => Some(endpoint.1.to_owned()),
                _ => None,
            };
            let error = traces_from(&get).unwrap_err().to_string();
            assert!(error.contains(variable) && error.contains(value), "{error}");
        }
    }

    #[test]
    fn propagators_are_chosen_by_name() {
        assert_eq!(propagators_from(&set(&[])).unwrap().len(), 2);
        assert_eq!(
            propagators_from(&set(&[("OTEL_PROPAGATORS", "none")])).unwrap(),
            []
        );
        assert_eq!(
            propagators_from(&set(&[("OTEL_PROPAGATORS", " tracecontext ")])).unwrap(),
            [Propagator::TraceContext]
        );
        assert!(propagators_from(&set(&[("OTEL_PROPAGATORS", "b3")])).is_err());
    }
}
