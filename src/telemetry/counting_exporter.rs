//! A span exporter that counts delivered and lost spans, and logs when export starts or stops failing: not per batch.

use std::{
    slice::from_ref,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use opentelemetry::{
    KeyValue,
    metrics::{BoundCounter, Meter},
};
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    trace::{SpanData, SpanExporter},
};
use reqwest::Url;

use super::{counting_processor::Spans, http_client::LastError};
use crate::output::without_secrets;

/// Wraps an exporter. The metric is that of the conventions for SDKs:
/// <https://opentelemetry.io/docs/specs/semconv/otel/sdk-metrics/#metric-otelsdkexporterspanexported>
#[derive(Debug)]
pub(super) struct CountingExporter<E> {
    inner: E,
    delivered: BoundCounter<u64>,
    failed: BoundCounter<u64>,
    failing: AtomicBool,
    endpoint: String,
    last_error: LastError,
    spans: Arc<Spans>,
}

impl<E> CountingExporter<E> {
    /// `last_error` says more than the result of an export where that is vague.
    pub(super) fn new(
        inner: E,
        component: &'static str,
        meter: &Meter,
        endpoint: &Url,
        last_error: LastError,
        spans: Arc<Spans>,
    ) -> Self {
        let exported = meter
            .u64_counter("otel.sdk.exporter.span.exported")
            .with_unit("{span}")
            .with_description("Spans whose export has ended, well or with an error.")
            .build();
        let component = KeyValue::new("otel.component.type", component);
        Self {
            inner,
            delivered: exported.bind(from_ref(&component)),
            failed: exported.bind(&[component, KeyValue::new("error.type", "export_failed")]),
            failing: AtomicBool::new(false),
            endpoint: without_secrets(endpoint.as_str()),
            last_error,
            spans,
        }
    }

    fn record(&self, spans: u64, result: &OTelSdkResult) {
        match result {
            Ok(()) => {
                self.delivered.add(spans);
                self.spans.deliver(spans);
            }
            Err(_) => self.failed.add(spans),
        }
        let was_failing = self.failing.swap(result.is_err(), Relaxed);
        match (was_failing, result) {
            (false, Err(error)) => {
                let cause = self.last_error.take().unwrap_or_else(|| error.to_string());
                tracing::warn!(
                    error = cause,
                    endpoint = self.endpoint,
                    spans,
                    "cannot export spans; requests are not affected"
                );
            }
            (true, Ok(())) => tracing::info!("spans are exported again"),
            _ => {}
        }
    }
}

impl<E: SpanExporter> SpanExporter for CountingExporter<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let spans = batch.len() as u64;
        let result = self.inner.export(batch).await;
        self.record(spans, &result);
        result
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.inner.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.inner.set_resource(resource);
    }
}
