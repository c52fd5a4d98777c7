//! The baseline: axum and one handler, without instrumentation. Runs as its own process, `peers bare ADDRESS DELAY_MS`.

use anyhow::Context;
use axum::{Router, response::Html, routing::get};
use std::time::Duration;
use tokio::{net::TcpListener, runtime::Runtime, time::sleep};

pub fn serve(arguments: &[String]) -> anyhow::Result<()> {
    let [address, delay] = arguments else {
        anyhow::bail!("usage: bare ADDRESS DELAY_MS");
    };
    let delay = Duration::from_millis(delay.parse().context("DELAY_MS")?);
    let routes = Router::new()
        .route("/images", get(move || image(delay)))
        .route("/healthz", get(async || "ok"));
    Runtime::new()?.block_on(async {
        let listener = TcpListener::bind(address).await?;
        Ok(axum::serve(listener, routes).await?)
    })
}

async fn image(delay: Duration) -> Html<&'static str> {
    if !delay.is_zero() {
        sleep(delay).await;
    }
    Html("<h1>0</h1>")
}
