//! Decides which signals are exported, and names the variables that have no effect because their signal is not.

use super::{
    signal::{self, Signal},
    table, value,
    variables::Variables,
};
use crate::telemetry::error::TelemetryError;

const OTLP: &str = "otlp";
const NONE: &str = "none";

/// Whether spans, metrics and logs are exported.
pub fn read(
    variables: &Variables,
    warnings: &mut Vec<String>,
) -> Result<[bool; signal::ALL.len()], TelemetryError> {
    let is_disabled = value::boolean(variables, "OTEL_SDK_DISABLED", warnings)?;
    let mut exported = [false; signal::ALL.len()];
    for (signal, exported) in signal::ALL.into_iter().zip(&mut exported) {
        *exported = exports(signal, variables, warnings)?;
    }
    if is_disabled {
        exported.fill(false);
    } else {
        warn_of_idle(exported, variables, warnings)?;
    }
    Ok(exported)
}

/// Whether an exporter or an endpoint is named.
fn exports(
    signal: &Signal,
    variables: &Variables,
    warnings: &mut Vec<String>,
) -> Result<bool, TelemetryError> {
    let Some(given) = variables.get(signal.exporter)? else {
        for endpoint in signal.starts {
            if variables.get(endpoint)?.is_some() {
                return Ok(true);
            }
        }
        return Ok(false);
    };
    let is_known = |name: &str| [&[OTLP], signal.known].concat().contains(&name);
    let lower = given.to_ascii_lowercase();
    let Some(note) = signal.note else {
        let reason = "supported are `otlp` and `none`";
        let refused = || TelemetryError::variable(signal.exporter, given, reason);
        return is_known(&lower).then(|| lower == OTLP).ok_or_else(refused);
    };
    let names = || lower.split(',').map(str::trim);
    let exporter = signal.exporter;
    let in_vain = names().filter(|name| !is_known(name));
    warnings.extend(in_vain.map(|name| format!("{exporter}=`{name}` has no effect: {note}")));
    Ok(names().any(|name| name == OTLP))
}

/// Warns of variables that have no effect since a signal is not exported, unless it was turned off.
fn warn_of_idle(
    exported: [bool; signal::ALL.len()],
    variables: &Variables,
    warnings: &mut Vec<String>,
) -> Result<(), TelemetryError> {
    let nothing = !exported.contains(&true);
    for (signal, _) in signal::ALL.iter().zip(exported).filter(|(_, is)| !is) {
        let given = variables.get(signal.exporter)?;
        if given.is_some_and(|given| given.eq_ignore_ascii_case(NONE)) {
            continue;
        }
        // Named once: with the signal that the generic endpoint starts.
        let generic = nothing && signal.starts.contains(&signal.endpoint[1]);
        let idle: Vec<_> = variables
            .names()
            .filter(|name| table::is_honoured(name))
            .filter(|name| signal.owns(name) || generic && signal::is_generic(name))
            .collect();
        if idle.is_empty() {
            continue;
        }
        let (idle, names) = (idle.join(", "), signal.exporter);
        let start = signal.starts.last().copied().unwrap_or_default();
        let reason = match given {
            Some(given) => format!("{names} is `{given}`"),
            None => format!(
                "{} are exported only where {start} or {names}=otlp is set",
                signal.name
            ),
        };
        warnings.push(format!("{idle}: no effect, since {reason}"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMON: (&str, &str) = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4318");
    const METRICS: (&str, &str) = ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://m:1/x");
    const LOGS: (&str, &str) = ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "http://l:1/x");

    fn of<const N: usize>(pairs: [(&str, &str); N]) -> ([bool; 3], Vec<String>) {
        let mut warnings = Vec::new();
        let exported = read(&Variables::from(pairs), &mut warnings).unwrap();
        (exported, warnings)
    }

    #[test]
    fn metrics_and_logs_are_exported_only_where_they_are_asked_for() {
        for (pairs, expected) in [
            ([COMMON, ("", "")], [true, false, false]),
            ([METRICS, ("", "")], [false, true, false]),
            ([METRICS, LOGS], [false, true, true]),
            (
                [COMMON, ("OTEL_METRICS_EXPORTER", "Otlp")],
                [true, true, false],
            ),
            (
                [COMMON, ("OTEL_LOGS_EXPORTER", "otlp")],
                [true, false, true],
            ),
            ([METRICS, ("OTEL_SDK_DISABLED", "true")], [false; 3]),
            ([LOGS, ("OTEL_LOGS_EXPORTER", "none")], [false; 3]),
            (
                [
                    ("OTEL_METRICS_EXPORTER", "prometheus, otlp"),
                    ("OTEL_LOGS_EXPORTER", "console,otlp"),
                ],
                [false, true, true],
            ),
        ] {
            assert_eq!(of(pairs), (expected, Vec::new()), "{pairs:?}");
        }
    }

    #[test]
    fn an_exporter_that_has_no_effect_is_warned_of_beside_one_that_has() {
        let (exported, warnings) = of([("OTEL_METRICS_EXPORTER", "otlp,console")]);
        assert_eq!(exported, [false, true, false]);
        assert!(warnings[0].starts_with("OTEL_METRICS_EXPORTER=`console` has no effect"));
        let (exported, warnings) = of([("OTEL_LOGS_EXPORTER", "kafka")]);
        assert_eq!(exported, [false; 3]);
        assert!(warnings[0].starts_with("OTEL_LOGS_EXPORTER=`kafka` has no effect"));
    }

    #[test]
    fn variables_of_a_signal_that_is_not_exported_are_warned_of() {
        let (_, warnings) = of([
            COMMON,
            ("OTEL_METRIC_EXPORT_INTERVAL", "5"),
            ("OTEL_BLRP_MAX_QUEUE_SIZE", "5"),
        ]);
        assert_eq!(warnings.len(), 2, "{warnings:?}");
        assert!(
            warnings[0].starts_with("OTEL_METRIC_EXPORT_INTERVAL: no effect, since metrics are")
        );
        assert!(warnings[1].starts_with("OTEL_BLRP_MAX_QUEUE_SIZE: no effect, since logs are"));
        let (_, warnings) = of([METRICS, ("OTEL_METRICS_EXPORTER", "prometheus")]);
        let since = "no effect, since OTEL_METRICS_EXPORTER is `prometheus`";
        assert_eq!(warnings, [format!("{}: {since}", METRICS.0)]);
        // The generic ones have effect with any signal.
        let protocol = ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc");
        assert_eq!(of([METRICS, protocol]).1, [""; 0]);
        assert_eq!(of([protocol]).1.len(), 1);
    }
}
