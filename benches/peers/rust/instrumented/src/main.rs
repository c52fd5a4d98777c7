//! axum with the metrics or traces of one crate: `instrumented NAME DELAY_MS ADDRESS`. Spans are exported where
//! `OTEL_EXPORTER_OTLP_ENDPOINT` is set.

mod metrics;
mod traces;

use std::time::Duration;

use axum::{Router, routing::get};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let exported = traces::start()?;
    let provider = exported.clone();
    let serve = async |name: String, delay, listener: TcpListener| {
        let routes = match (name.as_str(), &provider) {
            ("prometheus", None) => metrics::by_hand(delay)?,
            ("axum-prometheus", None) => metrics::axum_prometheus(delay),
            ("axum-otel-metrics", None) => metrics::axum_otel_metrics(delay)?,
            ("opentelemetry-instrumentation-tower", None) => metrics::tower(delay)?,
            ("opentelemetry-instrumentation-tower", Some(_)) => traces::tower(delay)?,
            ("axum-tracing-opentelemetry", Some(provider)) => traces::axum(delay, provider)?,
            (_, None) => anyhow::bail!("no peer `{name}` without traces"),
            (_, Some(_)) => anyhow::bail!("no peer `{name}` with traces"),
        };
        // After the layers: not observed.
        let routes = routes.route("/healthz", get(async || "ok"));
        Ok(axum::serve(listener, routes).await?)
    };
    common::run(serve).await?;
    if let Some(provider) = exported {
        provider.shutdown()?;
    }
    Ok(())
}

/// `GET /images`, to be observed.
fn images(delay: Duration) -> Router {
    Router::new().route("/images", get(move || common::image(delay)))
}
