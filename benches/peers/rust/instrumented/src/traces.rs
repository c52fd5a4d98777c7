//! Routes with the traces of one crate each: a server span, and a child span `delay` in the handler.

use std::{env, sync::Arc, time::Duration};

use axum::{Router, routing::get};
use axum_tracing_opentelemetry::middleware::{OtelAxumLayer, OtelInResponseLayer};
use opentelemetry::{
    global,
    trace::{Tracer, TracerProvider},
};
use opentelemetry_instrumentation_tower::http::server::Layer;
use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::{propagation::TraceContextPropagator, trace::SdkTracerProvider};
use tracing::{Instrument, Level, info_span, level_filters::LevelFilter};
use tracing_subscriber::{filter::Targets, layer::SubscriberExt, util::SubscriberInitExt};

use crate::metrics;

/// Sets the global propagator and tracer provider; `None` without `OTEL_EXPORTER_OTLP_ENDPOINT`. The SDK reads the other
/// `OTEL_*` variables.
pub fn start() -> anyhow::Result<Option<SdkTracerProvider>> {
    if env::var_os("OTEL_EXPORTER_OTLP_ENDPOINT").is_none() {
        return Ok(None);
    }
    let exporter = SpanExporter::builder().with_tonic().build()?;
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .build();
    global::set_text_map_propagator(TraceContextPropagator::new());
    global::set_tracer_provider(provider.clone());
    Ok(Some(provider))
}

/// With metrics, too.
pub fn tower(delay: Duration) -> anyhow::Result<Router> {
    let registry = metrics::meter()?;
    let tracer = Arc::new(global::tracer("peer"));
    let image = async move || {
        let _span = tracer.start("delay");
        common::image(delay).await
    };
    let routes = Router::new().route("/images", get(image));
    Ok(metrics::with_scrapes(routes.layer(Layer::new()), registry))
}

/// As its README: the context is in the headers of the response, too.
pub fn axum(delay: Duration, provider: &SdkTracerProvider) -> anyhow::Result<Router> {
    // The exporter's own spans must not be exported.
    let filter = Targets::new().with_default(LevelFilter::OFF).with_targets([
        ("otel::tracing", Level::TRACE),
        (env!("CARGO_PKG_NAME"), Level::INFO),
    ]);
    tracing_subscriber::registry()
        .with(filter)
        .with(tracing_opentelemetry::layer().with_tracer(provider.tracer("peer")))
        .try_init()?;
    let image = move || common::image(delay).instrument(info_span!("delay"));
    let routes = Router::new().route("/images", get(image));
    Ok(routes
        .layer(OtelInResponseLayer)
        .layer(OtelAxumLayer::default()))
}
