//! The tracer provider, W3C propagation, and the span of one request.
//!
//! A server span is made through the OpenTelemetry API, not as a `tracing` span: a request that is not sampled costs no
//! `tracing` span, the sampler's decision comes first, and start, end and duration are the measured ones. It is the
//! current OpenTelemetry context while the request is handled, so that a `tracing` span opened inside (`#[instrument]`)
//! becomes its child.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderName};
use opentelemetry::{
    Context, KeyValue, SpanId,
    propagation::{TextMapCompositePropagator, TextMapPropagator},
    trace::{
        Span, SpanBuilder, SpanContext, SpanKind, Status, TraceContextExt, TraceFlags, TraceState,
        Tracer, TracerProvider,
    },
};
use opentelemetry_http::HeaderExtractor;
use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    propagation::{BaggagePropagator, TraceContextPropagator},
    trace::{
        BatchConfigBuilder, BatchSpanProcessor, IdGenerator, RandomIdGenerator, Sampler, SdkTracer,
        SdkTracerProvider,
    },
};

use super::{
    Metrics, TelemetryError,
    environment::{self, Export, Propagator},
    watched::Watched,
};
use crate::contract::TraceContext;

/// Spans that may wait for export. The SDK's default of 2,048 loses spans in bursts of a thousand requests.
const QUEUE: usize = 65_536;

/// Makes server spans, and the ids that draws are computed from.
#[derive(Debug)]
pub struct Tracing {
    provider: SdkTracerProvider,
    tracer: SdkTracer,
    propagator: Option<TextMapCompositePropagator>,
    exports: bool,
}

impl Tracing {
    pub(super) fn new(
        resource: Resource,
        export: Option<&Export>,
        metrics: &Metrics,
    ) -> Result<Self, TelemetryError> {
        let builder = SdkTracerProvider::builder().with_resource(resource);
        let provider = match export {
            Some(export) => builder.with_span_processor(processor(*export, metrics)?),
            // Ids are as real as ever: only nothing is recorded.
            None => builder.with_sampler(Sampler::AlwaysOff),
        }
        .build();
        Ok(Self {
            tracer: provider.tracer(env!("CARGO_PKG_NAME")),
            provider,
            propagator: propagator()?,
            exports: export.is_some(),
        })
    }

    pub(super) fn tracer(&self) -> SdkTracer {
        self.tracer.clone()
    }

    /// Begins the server span of a request, as a child of the context that its headers carry.
    #[must_use]
    pub fn server_span(&self, headers: &HeaderMap, name: &'static str) -> ServerSpan {
        let parent = match &self.propagator {
            Some(propagator) if carries_context(headers) => {
                propagator.extract_with_context(&Context::new(), &HeaderExtractor(headers))
            }
            _ => Context::new(),
        };
        let parent_id = parent.span().span_context().span_id();
        if !self.exports {
            let ids = unrecorded(&parent);
            return ServerSpan {
                context: parent.with_remote_span_context(ids.clone()),
                ids,
                parent_id,
                recorded_from: None,
            };
        }
        let started = SystemTime::now();
        let builder = SpanBuilder::from_name(name)
            .with_kind(SpanKind::Server)
            .with_start_time(started);
        let span = self.tracer.build_with_context(builder, &parent);
        ServerSpan {
            ids: span.span_context().clone(),
            recorded_from: span.is_recording().then_some(started),
            context: parent.with_span(span),
            parent_id,
        }
    }

    /// Begins a child of the current request's span; none where that is not recorded.
    #[must_use]
    pub fn child_span(&self, name: &'static str) -> Option<ChildSpan> {
        Context::map_current(|context| {
            context.span().is_recording().then(|| {
                ChildSpan(
                    self.tracer
                        .build_with_context(SpanBuilder::from_name(name), context),
                )
            })
        })
    }

    pub(super) fn shutdown(&self, timeout: Duration) -> OTelSdkResult {
        self.provider.shutdown_with_timeout(timeout)
    }
}

/// The span of one request. Ended by [`end`](Self::end), or by its last clone's drop.
#[derive(Clone, Debug)]
pub struct ServerSpan {
    /// What is current while the request is handled.
    pub context: Context,
    ids: SpanContext,
    parent_id: SpanId,
    /// When a span that is recorded began.
    recorded_from: Option<SystemTime>,
}

impl ServerSpan {
    /// The ids that this request's draws are computed from.
    #[must_use]
    pub fn trace_context(&self) -> TraceContext {
        TraceContext {
            trace_id: u128::from_be_bytes(self.ids.trace_id().to_bytes()),
            parent_id: u64::from_be_bytes(self.parent_id.to_bytes()),
        }
    }

    /// The value of the [`traceresponse`](https://www.w3.org/TR/trace-context-2/#traceresponse-header) header.
    #[must_use]
    pub fn traceresponse(&self) -> String {
        let server = TraceContext {
            parent_id: u64::from_be_bytes(self.ids.span_id().to_bytes()),
            ..self.trace_context()
        };
        server.traceparent(self.ids.is_sampled())
    }

    /// Adds attributes, where anybody will see them.
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

/// A span inside a request; ends when dropped.
#[derive(Debug)]
pub struct ChildSpan(opentelemetry_sdk::trace::Span);

impl ChildSpan {
    /// Adds an attribute.
    pub fn describe(&mut self, attribute: KeyValue) {
        self.0.set_attribute(attribute);
    }
}

fn processor(export: Export, metrics: &Metrics) -> Result<BatchSpanProcessor, TelemetryError> {
    // Only the first call in a process counts; the HTTP client panics without any.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let (exporter, component) = match export {
        Export::Grpc => (
            SpanExporter::builder().with_tonic().build()?,
            "otlp_grpc_span_exporter",
        ),
        Export::HttpProtobuf => (
            SpanExporter::builder()
                .with_http()
                .with_protocol(opentelemetry_otlp::Protocol::HttpBinary)
                .build()?,
            "otlp_http_span_exporter",
        ),
    };
    let mut config = BatchConfigBuilder::default();
    if std::env::var_os("OTEL_BSP_MAX_QUEUE_SIZE").is_none() {
        config = config.with_max_queue_size(QUEUE);
    }
    Ok(
        BatchSpanProcessor::builder(Watched::new(exporter, component, &metrics.meter()))
            .with_batch_config(config.build())
            .build(),
    )
}

fn propagator() -> Result<Option<TextMapCompositePropagator>, TelemetryError> {
    let wanted: Vec<Box<dyn TextMapPropagator + Send + Sync>> = environment::propagators()?
        .into_iter()
        .map(|propagator| -> Box<dyn TextMapPropagator + Send + Sync> {
            match propagator {
                Propagator::TraceContext => Box::new(TraceContextPropagator::new()),
                Propagator::Baggage => Box::new(BaggagePropagator::new()),
            }
        })
        .collect();
    Ok((!wanted.is_empty()).then(|| TextMapCompositePropagator::new(wanted)))
}

/// Ids as real as those of a recorded span: draws and log lines need them where nothing is exported.
fn unrecorded(parent: &Context) -> SpanContext {
    let new = RandomIdGenerator::default();
    let span = parent.span();
    let trace_id = match span.span_context() {
        known if known.is_valid() => known.trace_id(),
        _ => new.new_trace_id(),
    };
    SpanContext::new(
        trace_id,
        new.new_span_id(),
        TraceFlags::NOT_SAMPLED,
        false,
        TraceState::NONE,
    )
}

fn carries_context(headers: &HeaderMap) -> bool {
    static CARRIERS: [HeaderName; 2] = [
        HeaderName::from_static("traceparent"),
        HeaderName::from_static("baggage"),
    ];
    CARRIERS.iter().any(|carrier| headers.contains_key(carrier))
}
