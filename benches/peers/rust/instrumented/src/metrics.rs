//! Routes with the metrics of one crate each, and `/metrics`.

use std::time::{Duration, Instant};

use axum::{
    Router,
    extract::{MatchedPath, Request, State},
    middleware::{self, Next},
    response::Response,
    routing::get,
};
use axum_otel_metrics::HttpMetricsLayerBuilder;
use axum_prometheus::PrometheusMetricLayer;
use opentelemetry_instrumentation_tower::http::server::LayerBuilder;
use prometheus::{HistogramOpts, HistogramVec, Registry, TextEncoder};

use crate::images;

pub fn by_hand(delay: Duration) -> anyhow::Result<Router> {
    let duration = HistogramOpts::new(
        "http_server_request_duration_seconds",
        "Duration of HTTP server requests.",
    );
    let duration = HistogramVec::new(duration, &["method", "route", "status"])?;
    let registry = Registry::new();
    registry.register(Box::new(duration.clone()))?;
    let observed = images(delay).layer(middleware::from_fn_with_state(duration, observe));
    Ok(with_scrapes(observed, registry))
}

async fn observe(
    State(duration): State<HistogramVec>,
    route: MatchedPath,
    request: Request,
    next: Next,
) -> Response {
    let (method, start) = (request.method().clone(), Instant::now());
    let response = next.run(request).await;
    let status = response.status();
    let labels = [method.as_str(), route.as_str(), status.as_str()];
    duration
        .with_label_values(&labels)
        .observe(start.elapsed().as_secs_f64());
    response
}

pub fn axum_prometheus(delay: Duration) -> Router {
    let (layer, handle) = PrometheusMetricLayer::pair();
    images(delay)
        .layer(layer)
        .route("/metrics", get(async move || handle.render()))
}

pub fn axum_otel_metrics(delay: Duration) -> anyhow::Result<Router> {
    let registry = Registry::new();
    let reader = opentelemetry_prometheus_032::exporter().with_registry(registry.clone());
    let provider = opentelemetry_sdk_032::metrics::SdkMeterProvider::builder()
        .with_reader(reader.build()?)
        .build();
    // As in its documentation; a provider that is dropped ends its metrics.
    opentelemetry_032::global::set_meter_provider(provider);
    let layer = HttpMetricsLayerBuilder::new().build();
    Ok(with_scrapes(images(delay).layer(layer), registry))
}

pub fn tower(delay: Duration) -> anyhow::Result<Router> {
    let registry = meter()?;
    let layer = LayerBuilder::builder().with_tracing(false).build()?;
    Ok(with_scrapes(images(delay).layer(layer), registry))
}

/// Sets the global meter provider; its metrics appear in the registry.
pub fn meter() -> anyhow::Result<Registry> {
    let registry = Registry::new();
    let reader = opentelemetry_prometheus::exporter().with_registry(registry.clone());
    let provider = opentelemetry_sdk::metrics::SdkMeterProvider::builder()
        .with_reader(reader.build()?)
        .build();
    opentelemetry::global::set_meter_provider(provider);
    Ok(registry)
}

pub fn with_scrapes(routes: Router, registry: Registry) -> Router {
    let scrape = async move || {
        TextEncoder::new()
            .encode_to_string(&registry.gather())
            .unwrap_or_default()
    };
    routes.route("/metrics", get(scrape))
}
