//! The tracer provider and W3C propagation: starts the span of each request.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use http::{HeaderMap, HeaderName};
use opentelemetry::{
    Context, TraceId,
    propagation::{TextMapCompositePropagator, TextMapPropagator},
    trace::{
        Span, SpanBuilder, SpanContext, SpanKind, TraceContextExt, TraceFlags, TraceState, Tracer,
        TracerProvider,
    },
};
use opentelemetry_sdk::{
    Resource,
    propagation::{BaggagePropagator, TraceContextPropagator},
    trace::{
        BatchConfigBuilder, BatchSpanProcessor, IdGenerator, Sampler, SamplingDecision, SdkTracer,
        SdkTracerProvider, ShouldSample,
    },
};

use super::{
    carrier::Carrier,
    counting_exporter::CountingExporter,
    counting_processor::CountingProcessor,
    delivery::{Delivery, Items, SPANS},
    environment::{Export, Propagator},
    error::TelemetryError,
    exporter,
    metrics::Metrics,
    server_span::{ChildSpan, ServerSpan},
    service::Service,
    trace_ids::TraceIds,
};

/// Starts server spans, and gives each request its ids.
#[derive(Debug)]
pub struct Tracing {
    provider: SdkTracerProvider,
    tracer: SdkTracer,
    propagator: Option<TextMapCompositePropagator>,
    /// Asked before a span is built; none where nothing is exported.
    sampler: Option<Sampler>,
    ids: TraceIds,
    spans: Arc<Items>,
}

impl Tracing {
    pub(super) fn new(
        service: Service,
        resource: Resource,
        propagators: &[Propagator],
        export: Option<Export>,
        metrics: &Metrics,
    ) -> Result<Self, TelemetryError> {
        let mut builder = SdkTracerProvider::builder()
            .with_resource(resource)
            .with_id_generator(TraceIds::default());
        let spans = Arc::<Items>::default();
        // Without an export, spans have real ids, and none is recorded.
        let sampler = export.as_ref().map(|export| export.sampler.clone());
        if let Some(export) = export {
            builder = builder
                .with_span_processor(processor(&export, metrics, Arc::clone(&spans))?)
                .with_span_limits(export.limits);
        }
        let sdk_sampler = sampler.clone().unwrap_or(Sampler::AlwaysOff);
        let provider = builder.with_sampler(sdk_sampler).build();
        Ok(Self {
            tracer: provider.tracer(service.name),
            provider,
            propagator: propagator(propagators),
            sampler,
            ids: TraceIds::default(),
            spans,
        })
    }

    pub(super) fn tracer(&self) -> SdkTracer {
        self.tracer.clone()
    }

    /// Starts the server span of a request, as a child of the context in its headers. `name` is called where the span is
    /// recorded.
    #[must_use]
    pub fn server_span(&self, headers: &HeaderMap, name: impl FnOnce() -> String) -> ServerSpan {
        let parent = match &self.propagator {
            Some(propagator) if carries_context(headers) => {
                propagator.extract_with_context(&Context::new(), &Carrier::new(headers))
            }
            _ => Context::new(),
        };
        let (parent_id, trace_id) = {
            let span = parent.span();
            let known = span.span_context();
            let trace_id = if known.is_valid() {
                known.trace_id()
            } else {
                self.ids.new_trace_id()
            };
            (known.span_id(), trace_id)
        };
        if let Some(state) = self.dropped(&parent, trace_id) {
            let (id, flags) = (self.ids.new_span_id(), TraceFlags::NOT_SAMPLED);
            let ids = SpanContext::new(trace_id, id, flags, false, state);
            return ServerSpan {
                context: parent.with_remote_span_context(ids.clone()),
                ids,
                parent_id,
                recorded_from: None,
            };
        }
        let started = SystemTime::now();
        let builder = SpanBuilder::from_name(name())
            .with_kind(SpanKind::Server)
            .with_start_time(started);
        let build = || self.tracer.build_with_context(builder, &parent);
        let span = TraceIds::choose(trace_id, build);
        ServerSpan {
            ids: span.span_context().clone(),
            recorded_from: span.is_recording().then_some(started),
            context: parent.with_span(span),
            parent_id,
        }
    }

    /// The trace state of a span that is not recorded; `None` where it is.
    fn dropped(&self, parent: &Context, trace_id: TraceId) -> Option<TraceState> {
        let Some(sampler) = &self.sampler else {
            return Some(TraceState::NONE);
        };
        let kind = SpanKind::Server;
        let asked = sampler.should_sample(Some(parent), trace_id, "", &kind, &[], &[]);
        (asked.decision == SamplingDecision::Drop).then_some(asked.trace_state)
    }

    /// Starts a child of the current request's span; `None` where that is not recorded.
    #[must_use]
    pub fn child_span(&self, name: &'static str) -> Option<ChildSpan> {
        Context::map_current(|context| {
            context.span().is_recording().then(|| {
                let builder = SpanBuilder::from_name(name);
                ChildSpan(Box::new(self.tracer.build_with_context(builder, context)))
            })
        })
    }

    /// Delivers the spans that ended so far. Blocks while the exporter does, at most for its timeout.
    pub fn flush(&self) {
        let _ = self.provider.force_flush(); // a failed export is logged where it fails
    }

    /// Delivers the last spans, or gives up after `timeout`; returns how many were not delivered since the start.
    pub(super) fn shutdown(&self, timeout: Duration) -> u64 {
        // How it failed was logged with the failed export; the number tells the rest.
        let _ = self.provider.shutdown_with_timeout(timeout);
        self.spans.undelivered()
    }
}

fn processor(
    export: &Export,
    metrics: &Metrics,
    spans: Arc<Items>,
) -> Result<CountingProcessor<BatchSpanProcessor>, TelemetryError> {
    let Export { otlp, batch, .. } = export;
    let (inner, last_error) = exporter::spans(otlp)?;
    let items = Arc::clone(&spans);
    let exporter = CountingExporter {
        inner,
        delivery: Delivery::new(&SPANS, otlp, last_error, &metrics.meter(), items),
    };
    let config = BatchConfigBuilder::default()
        .with_max_queue_size(batch.queue)
        .with_max_export_batch_size(batch.size)
        .with_scheduled_delay(batch.delay);
    let inner = BatchSpanProcessor::builder(exporter).with_batch_config(config.build());
    Ok(CountingProcessor {
        inner: inner.build(),
        items: spans,
    })
}

fn propagator(wanted: &[Propagator]) -> Option<TextMapCompositePropagator> {
    let wanted: Vec<_> = wanted
        .iter()
        .map(|propagator| -> Box<dyn TextMapPropagator + Send + Sync> {
            match propagator {
                Propagator::TraceContext => Box::new(TraceContextPropagator::new()),
                Propagator::Baggage => Box::new(BaggagePropagator::new()),
            }
        })
        .collect();
    (!wanted.is_empty()).then(|| TextMapCompositePropagator::new(wanted))
}

fn carries_context(headers: &HeaderMap) -> bool {
    // Two look-ups would hash both names.
    let is_carrier = |name: &HeaderName| ["traceparent", "baggage"].contains(&name.as_str());
    headers.keys().any(is_carrier)
}
