//! Servers without instrumentation: `plain hyper|axum|axum-on-hyper DELAY_MS ADDRESS`.

mod http1;

use std::time::Duration;

use axum::{Router, routing::get};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    common::run(serve).await
}

async fn serve(name: String, delay: Duration, listener: TcpListener) -> anyhow::Result<()> {
    match name.as_str() {
        "hyper" => http1::serve(listener, http1::images(delay)).await,
        "axum" => Ok(axum::serve(listener, router(delay)).await?),
        "axum-on-hyper" => http1::serve(listener, TowerToHyperService::new(router(delay))).await,
        _ => anyhow::bail!("no peer `{name}`"),
    }
}

fn router(delay: Duration) -> Router {
    Router::new()
        .route("/images", get(move || common::image(delay)))
        .route("/healthz", get(async || "ok"))
}
