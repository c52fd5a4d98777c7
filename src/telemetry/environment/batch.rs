//! Reads the limits of spans, and the settings of the batch span processor.

use std::{ops::RangeInclusive, time::Duration};

use opentelemetry_sdk::trace::SpanLimits;

use super::{value::number, variables::Variables};
use crate::telemetry::error::TelemetryError;

/// Spans that may wait for export. The SDK's default of 2,048 loses spans in bursts of a thousand requests.
const QUEUE: usize = 65_536;

/// A queue is allocated at the start, 368 bytes a span.
const QUEUES: RangeInclusive<usize> = 1..=1_000_000;

/// Up to a day: longer ones overflow the SDK's clock arithmetic.
const MILLISECONDS: RangeInclusive<u64> = 1..=86_400_000;

/// Settings of the batch span processor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batch {
    pub queue: usize,
    pub size: usize,
    pub delay: Duration,
    pub export_timeout: Duration,
}

pub fn read(variables: &Variables) -> Result<Batch, TelemetryError> {
    const SIZE: &str = "OTEL_BSP_MAX_EXPORT_BATCH_SIZE";
    let queue = number(variables, "OTEL_BSP_MAX_QUEUE_SIZE", &QUEUES, "spans")?.unwrap_or(QUEUE);
    let size = number(variables, SIZE, &(1..=queue), "spans, at most the queue's,")?;
    let delay = milliseconds(variables, "OTEL_BSP_SCHEDULE_DELAY")?;
    let export_timeout = milliseconds(variables, "OTEL_BSP_EXPORT_TIMEOUT")?;
    Ok(Batch {
        queue,
        size: size.unwrap_or(512.min(queue)),
        delay: delay.unwrap_or(Duration::from_secs(5)),
        export_timeout: export_timeout.unwrap_or(Duration::from_secs(30)),
    })
}

/// A duration in milliseconds. 0 would make each export fail or the processor spin, so it is refused.
pub fn milliseconds(
    variables: &Variables,
    name: &'static str,
) -> Result<Option<Duration>, TelemetryError> {
    let given = number(variables, name, &MILLISECONDS, "milliseconds")?;
    Ok(given.map(Duration::from_millis))
}

/// How much one span may hold.
pub fn limits(variables: &Variables) -> Result<SpanLimits, TelemetryError> {
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
