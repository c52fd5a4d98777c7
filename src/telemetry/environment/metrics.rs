//! Reads how metrics are exported: how often, and in which form.

use std::time::Duration;

use opentelemetry_sdk::metrics::Temporality;

use super::{
    batch::{EXPORT_TIMEOUT, milliseconds},
    variables::Variables,
};
use crate::telemetry::error::TelemetryError;

/// How metrics are exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pushes {
    pub interval: Duration,
    pub export_timeout: Duration,
    pub temporality: Temporality,
    /// Whether histograms are exponential; otherwise they have the bounds of the scrape.
    pub exponential: bool,
}

pub fn read(variables: &Variables) -> Result<Pushes, TelemetryError> {
    let interval = milliseconds(variables, "OTEL_METRIC_EXPORT_INTERVAL")?;
    let export_timeout = milliseconds(variables, "OTEL_METRIC_EXPORT_TIMEOUT")?;
    let temporality = choice(
        variables,
        "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE",
        &[
            ("cumulative", Temporality::Cumulative),
            ("delta", Temporality::Delta),
            ("lowmemory", Temporality::LowMemory),
        ],
    )?;
    let exponential = choice(
        variables,
        "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION",
        &[
            ("explicit_bucket_histogram", false),
            ("base2_exponential_bucket_histogram", true),
        ],
    )?;
    Ok(Pushes {
        interval: interval.unwrap_or(Duration::from_mins(1)),
        export_timeout: export_timeout.unwrap_or(EXPORT_TIMEOUT),
        temporality,
        exponential,
    })
}

/// One of these values by its name; the first where the variable is not set.
fn choice<T: Copy>(
    variables: &Variables,
    name: &'static str,
    values: &[(&str, T)],
) -> Result<T, TelemetryError> {
    let given = variables.get(name)?.unwrap_or(values[0].0);
    let mut known = values.iter();
    let chosen = known.find(|(known, _)| known.eq_ignore_ascii_case(given));
    chosen.map(|(_, value)| *value).ok_or_else(|| {
        let names: Vec<_> = values.iter().map(|(name, _)| format!("`{name}`")).collect();
        TelemetryError::variable(name, given, format!("supported are {}", names.join(", ")))
    })
}
