//! Reads the settings of the processors that export spans and logs in batches.

use std::{ops::RangeInclusive, time::Duration};

use super::{value::number, variables::Variables};
use crate::telemetry::error::TelemetryError;

/// Spans or log records that may wait for export. The SDK's default of 2,048 loses some in bursts of a thousand requests.
const QUEUE: usize = 65_536;

/// A queue is allocated at the start, 368 bytes a span, 16 bytes a log record.
const QUEUES: RangeInclusive<usize> = 1..=1_000_000;

/// Up to a day: longer ones overflow the SDK's clock arithmetic.
const MILLISECONDS: RangeInclusive<u64> = 1..=86_400_000;

/// The specification's default for every signal.
pub const EXPORT_TIMEOUT: Duration = Duration::from_secs(30);

/// Settings of a batch processor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batch {
    pub queue: usize,
    pub size: usize,
    pub delay: Duration,
    pub export_timeout: Duration,
}

/// The variables of a batch processor, and its default delay.
pub struct Names {
    queue: &'static str,
    size: &'static str,
    delay: &'static str,
    export_timeout: &'static str,
    items: &'static str,
    default_delay: Duration,
}

pub const SPANS: Names = Names {
    queue: "OTEL_BSP_MAX_QUEUE_SIZE",
    size: "OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
    delay: "OTEL_BSP_SCHEDULE_DELAY",
    export_timeout: "OTEL_BSP_EXPORT_TIMEOUT",
    items: "spans",
    default_delay: Duration::from_secs(5),
};

pub const LOG_RECORDS: Names = Names {
    queue: "OTEL_BLRP_MAX_QUEUE_SIZE",
    size: "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE",
    delay: "OTEL_BLRP_SCHEDULE_DELAY",
    export_timeout: "OTEL_BLRP_EXPORT_TIMEOUT",
    items: "log records",
    default_delay: Duration::from_secs(1),
};

pub fn read(names: &Names, variables: &Variables) -> Result<Batch, TelemetryError> {
    let items = names.items;
    let queue = number(variables, names.queue, &QUEUES, items)?.unwrap_or(QUEUE);
    let of_queue = format!("{items}, at most the queue's,");
    let size = number(variables, names.size, &(1..=queue), &of_queue)?;
    Ok(Batch {
        queue,
        size: size.unwrap_or(512.min(queue)),
        delay: milliseconds(variables, names.delay)?.unwrap_or(names.default_delay),
        export_timeout: milliseconds(variables, names.export_timeout)?.unwrap_or(EXPORT_TIMEOUT),
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
