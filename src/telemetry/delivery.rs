//! What became of what was given to be exported: counts it, and logs when export starts or stops failing: not per batch.

use std::{
    slice::from_ref,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
};

use opentelemetry::{
    KeyValue,
    metrics::{BoundCounter, Meter},
};
use opentelemetry_sdk::error::OTelSdkResult;

use super::{
    environment::{Otlp, Protocol},
    http_client::LastError,
};
use crate::output::without_secrets;

/// How many items were given to be exported, and how many of them were delivered.
#[derive(Debug, Default)]
pub struct Items {
    given: AtomicU64,
    delivered: AtomicU64,
}

impl Items {
    /// Counts an item before it is given to a processor.
    pub fn give(&self) {
        self.given.fetch_add(1, Relaxed);
    }

    fn deliver(&self, items: u64) {
        self.delivered.fetch_add(items, Relaxed);
    }

    /// How many were not delivered.
    pub fn undelivered(&self) -> u64 {
        let delivered = self.delivered.load(Relaxed);
        self.given.load(Relaxed).saturating_sub(delivered)
    }
}

/// What is exported.
#[derive(Debug)]
pub struct Kind {
    /// In a sentence.
    what: &'static str,
    /// In the name of the exporter's type.
    exporter: &'static str,
    /// In the name of the metric.
    item: &'static str,
    unit: &'static str,
    description: &'static str,
}

pub const SPANS: Kind = Kind {
    what: "spans",
    exporter: "span",
    item: "span",
    unit: "{span}",
    description: "Spans whose export has ended, well or with an error.",
};

pub const METRICS: Kind = Kind {
    what: "metrics",
    exporter: "metric",
    item: "metric_data_point",
    unit: "{data_point}",
    description: "Data points whose export has ended, well or with an error.",
};

pub const LOGS: Kind = Kind {
    what: "logs",
    exporter: "log",
    item: "log",
    unit: "{log_record}",
    description: "Log records whose export has ended, well or with an error.",
};

/// The exports of one signal. The metric is that of the conventions for SDKs:
/// <https://opentelemetry.io/docs/specs/semconv/otel/sdk-metrics/#metric-otelsdkexporterspanexported>
#[derive(Debug)]
pub struct Delivery {
    what: &'static str,
    delivered: BoundCounter<u64>,
    failed: BoundCounter<u64>,
    failing: AtomicBool,
    endpoint: String,
    last_error: LastError,
    items: Arc<Items>,
}

impl Delivery {
    /// `last_error` says more than the result of an export where that is vague.
    pub fn new(
        kind: &Kind,
        otlp: &Otlp,
        last_error: LastError,
        meter: &Meter,
        items: Arc<Items>,
    ) -> Self {
        let exported = meter
            .u64_counter(format!("otel.sdk.exporter.{}.exported", kind.item))
            .with_unit(kind.unit)
            .with_description(kind.description)
            .build();
        let protocol = match otlp.protocol {
            Protocol::Grpc => "grpc",
            Protocol::HttpProtobuf => "http",
        };
        let component = format!("otlp_{protocol}_{}_exporter", kind.exporter);
        let component = KeyValue::new("otel.component.type", component);
        Self {
            what: kind.what,
            delivered: exported.bind(from_ref(&component)),
            failed: exported.bind(&[component, KeyValue::new("error.type", "export_failed")]),
            failing: AtomicBool::new(false),
            endpoint: without_secrets(otlp.endpoint.as_str()),
            last_error,
            items,
        }
    }

    /// Counts an export that has ended.
    pub fn record(&self, items: u64, result: &OTelSdkResult) {
        match result {
            Ok(()) => {
                self.delivered.add(items);
                self.items.deliver(items);
            }
            Err(_) => self.failed.add(items),
        }
        let (what, was_failing) = (self.what, self.failing.swap(result.is_err(), Relaxed));
        match (was_failing, result) {
            (false, Err(error)) => {
                let cause = self.last_error.take().unwrap_or_else(|| error.to_string());
                tracing::warn!(
                    error = cause,
                    endpoint = self.endpoint,
                    items,
                    "cannot export {what}; requests are not affected"
                );
            }
            (true, Ok(())) => tracing::info!("{what} are exported again"),
            _ => {}
        }
    }
}
