//! The spans of one request: its server span, and children of it.
//!
//! A server span is created through the OpenTelemetry API, not as a `tracing` span: the sampler decides first, a request
//! that is not sampled costs no `tracing` span, and start, end and duration are the measured ones. It is the current
//! OpenTelemetry context while the request is handled, so that a `tracing` span opened inside becomes its child.

use std::time::{Duration, SystemTime};

use opentelemetry::{
    Context, KeyValue, SpanId,
    trace::{Span, SpanContext, Status, TraceContextExt},
};

use crate::contract::TraceContext;

/// The span of one request. Ended by [`end`](Self::end), or when its last clone is dropped.
#[derive(Clone, Debug)]
pub struct ServerSpan {
    /// The current context while the request is handled.
    pub context: Context,
    pub(super) ids: SpanContext,
    pub(super) parent_id: SpanId,
    /// The start of a span that is recorded.
    pub(super) recorded_from: Option<SystemTime>,
}

impl ServerSpan {
    /// The ids that this request's draws are computed from.
    #[must_use]
    pub fn trace_context(&self) -> TraceContext {
        TraceContext {
            parent_id: u64::from_be_bytes(self.parent_id.to_bytes()),
            ..own_ids(&self.ids)
        }
    }

    /// Appends the value of the [`traceresponse`](https://www.w3.org/TR/trace-context-2/#traceresponse-header) header.
    pub fn push_traceresponse(&self, text: &mut Vec<u8>) {
        own_ids(&self.ids).push_traceparent(text, self.ids.is_sampled());
    }

    /// Trace id and span id, where the span is sampled: what an exemplar names.
    #[must_use]
    pub fn sampled(&self) -> Option<TraceContext> {
        self.recorded_from.and_then(|_| sampled(&self.ids))
    }

    /// Adds attributes, where the span is recorded.
    pub fn describe(&self, attributes: impl FnOnce() -> Vec<KeyValue>) {
        if self.recorded_from.is_some() {
            self.context.span().set_attributes(attributes());
        }
    }

    /// Marks the span as failed by the server.
    pub fn fail(&self) {
        if self.recorded_from.is_some() {
            self.context.span().set_status(Status::error(""));
        }
    }

    /// Ends the span exactly `took` after its start.
    pub fn end(&self, took: Duration) {
        if let Some(started) = self.recorded_from {
            self.context.span().end_with_timestamp(started + took);
        }
    }
}

/// A span inside a request; ends when dropped. Boxed, so that a request without one does not carry its size.
#[derive(Debug)]
pub struct ChildSpan(pub(super) Box<opentelemetry_sdk::trace::Span>);

impl ChildSpan {
    /// Trace id and span id, where the span is sampled.
    #[must_use]
    pub fn sampled(&self) -> Option<TraceContext> {
        sampled(self.0.span_context())
    }

    /// Adds an attribute.
    pub fn describe(&mut self, attribute: KeyValue) {
        self.0.set_attribute(attribute);
    }
}

fn sampled(ids: &SpanContext) -> Option<TraceContext> {
    ids.is_sampled().then(|| own_ids(ids))
}

/// Trace id and span id.
fn own_ids(ids: &SpanContext) -> TraceContext {
    TraceContext {
        trace_id: u128::from_be_bytes(ids.trace_id().to_bytes()),
        parent_id: u64::from_be_bytes(ids.span_id().to_bytes()),
    }
}

/// A duration as a span attribute, in nanoseconds.
#[must_use]
pub fn nanoseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}
