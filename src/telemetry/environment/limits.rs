//! Reads the limits of spans.

use opentelemetry_sdk::trace::SpanLimits;

use super::{value::number, variables::Variables};
use crate::telemetry::error::TelemetryError;

/// How much one span may hold.
pub fn read(variables: &Variables) -> Result<SpanLimits, TelemetryError> {
    let count = |name| number(variables, name, &(0..=u32::MAX), "items");
    let mut limits = SpanLimits::default();
    if let Some(each) = count("OTEL_ATTRIBUTE_COUNT_LIMIT")? {
        limits.max_attributes_per_span = each;
        limits.max_attributes_per_event = each;
        limits.max_attributes_per_link = each;
    }
    for (name, limit) in [
        (
            "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT",
            &mut limits.max_attributes_per_span,
        ),
        (
            "OTEL_SPAN_EVENT_COUNT_LIMIT",
            &mut limits.max_events_per_span,
        ),
        ("OTEL_SPAN_LINK_COUNT_LIMIT", &mut limits.max_links_per_span),
        (
            "OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT",
            &mut limits.max_attributes_per_event,
        ),
        (
            "OTEL_LINK_ATTRIBUTE_COUNT_LIMIT",
            &mut limits.max_attributes_per_link,
        ),
    ] {
        *limit = count(name)?.unwrap_or(*limit);
    }
    Ok(limits)
}
