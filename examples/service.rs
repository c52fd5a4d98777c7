//! The instrumentation in an axum service of your own: its routes get the latency histogram, the ledger, spans, the HTTP
//! metrics, a drain and a flush. `cargo run --example service`, then `curl -i localhost:8090/orders` and `/metrics`.

use std::{env, sync::Arc, time::Duration};

use anyhow::ensure;
use axum::{Router, body::Body, http::HeaderMap, routing::get};
use httpserver::{
    instruments::{Instruments, MetricArgs},
    observe::{ObserveLayer, ObserveOptions, RouteKind, RouteTable},
    server::HttpServer,
    shutdown::{Signals, Stop},
    telemetry::{Service, Telemetry},
};

#[rustfmt::skip]
const SERVICE: Service = Service { name: "orders", version: "1.0.0" };
const ROUTES: RouteTable = RouteTable(&[
    ("/orders", RouteKind::Timed), // in the histogram and in the ledger
    ("/hello", RouteKind::Observed),
    ("/metrics", RouteKind::Quiet),
]);

pub(crate) fn main() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    let telemetry = runtime.block_on(async { Telemetry::start(SERVICE, None) })?;
    let served = runtime.block_on(serve(&telemetry));
    telemetry.shutdown(); // delivers the last spans
    served
}

async fn serve(telemetry: &Telemetry) -> anyhow::Result<()> {
    let metrics = telemetry.metrics.clone();
    let scrape = async move |headers: HeaderMap| metrics.answer::<Body>(&headers);
    let router = Router::new()
        .route("/orders", get(orders))
        .route("/hello", get(async || "hello\n"))
        .route("/metrics", get(scrape));
    let address = env::var("LISTEN").unwrap_or("127.0.0.1:8090".to_owned());
    let server = HttpServer::bind(address.parse()?)?;
    tracing::info!("listening on http://{}", server.address()?);

    let names = MetricArgs::named(SERVICE.name);
    let instruments = Instruments::new(&telemetry.metrics.recorder(), &names);
    let (table, options) = (Arc::new(ROUTES), ObserveOptions::default());
    let layer = ObserveLayer::new(telemetry, instruments, table, options);

    let service = |peer| layer.for_peer(router.clone(), peer);
    let serving = async |stop: Stop| server.run(service, stop.requested()).await;
    let drained = Signals::register()?.run_until_second(serving).await;
    ensure!(drained == Some(true), "requests in flight were cut off");
    Ok(())
}

async fn orders() -> &'static str {
    tokio::time::sleep(Duration::from_millis(50)).await;
    "[]\n"
}
