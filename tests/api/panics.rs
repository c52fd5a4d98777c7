//! A handler that panics: no answer, and a failure of the server in the metrics, not a client that left.

use std::sync::Arc;

use axum::{Router, routing::get};
use httpserver::{
    exposition::Format,
    instruments::{Instruments, MetricArgs},
    observe::{ObserveLayer, ObserveOptions, RouteKind, RouteTable},
    serve::SERVICE,
    server::HttpServer,
    telemetry::Telemetry,
};

use crate::scrape::Scrape;

const ROUTES: RouteTable = RouteTable(&[("/orders", RouteKind::Timed)]);

async fn orders() -> &'static str {
    panic!("on purpose")
}

#[tokio::test]
async fn a_panic_is_counted_as_a_failure_of_the_server() {
    let telemetry = Telemetry::unexported(SERVICE).unwrap();
    let instruments = Instruments::new(&telemetry.metrics.recorder(), &MetricArgs::named("orders"));
    let options = ObserveOptions::default();
    let layer = ObserveLayer::new(&telemetry, instruments, Arc::new(ROUTES), options);
    let server = HttpServer::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let url = format!("http://{}/orders", server.address().unwrap());
    let router = Router::new().route("/orders", get(orders));
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let make_service = move |peer| layer.for_peer(router.clone(), peer);
    let running = tokio::spawn(server.run(make_service, async { drop(stopped.await) }));

    let _ = rustls::crypto::ring::default_provider().install_default();
    let answer = reqwest::get(url).await;
    assert!(answer.is_err(), "{answer:?}");
    drop(stop);
    assert!(running.await.unwrap(), "the server goes on, and drains");
    let scrape = Scrape::parse(&String::from_utf8(telemetry.metrics.expose(Format::Text)).unwrap());
    let failed = [("error_type", "panic"), ("http_route", "/orders")];
    assert_eq!(
        scrape.sum("http_server_request_duration_seconds_count", &failed),
        1.0
    );
    assert_eq!(scrape.sum("http_server_active_requests", &[]), 0.0);
    let without_answer = [("step", "cancelled")];
    assert_eq!(
        scrape.sum("orders_execution_latency_seconds_count", &without_answer),
        1.0
    );
}
