//! A batch span processor that knows how many spans it was given.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use opentelemetry::Context;
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    trace::{BatchSpanProcessor, Span, SpanData, SpanProcessor},
};

/// How many spans ended, and how many of them were delivered.
#[derive(Debug, Default)]
pub struct Spans {
    ended: AtomicU64,
    delivered: AtomicU64,
}

impl Spans {
    /// Counts spans that were delivered.
    pub fn deliver(&self, spans: u64) {
        self.delivered.fetch_add(spans, Relaxed);
    }

    /// How many were not delivered.
    pub fn undelivered(&self) -> u64 {
        let delivered = self.delivered.load(Relaxed);
        self.ended.load(Relaxed).saturating_sub(delivered)
    }
}

/// Wraps the processor.
#[derive(Debug)]
pub struct CountingProcessor {
    pub inner: BatchSpanProcessor,
    pub spans: Arc<Spans>,
}

impl SpanProcessor for CountingProcessor {
    fn on_start(&self, span: &mut Span, context: &Context) {
        self.inner.on_start(span, context);
    }

    fn on_end(&self, span: SpanData) {
        self.spans.ended.fetch_add(1, Relaxed);
        self.inner.on_end(span);
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.inner.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.inner.set_resource(resource);
    }
}
