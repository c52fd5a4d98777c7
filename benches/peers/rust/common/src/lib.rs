//! What all peers share: arguments, the response, the end on SIGTERM. Knows no instrumentation.

use std::{env, future::Future, time::Duration};

use anyhow::Context;
use axum::response::Html;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    time::sleep,
};

/// Serves the peer that the arguments `NAME DELAY_MS ADDRESS` name, until SIGTERM: `serve` gets all three.
///
/// # Errors
/// When the arguments are wrong, the address cannot be bound, or `serve` fails.
pub async fn run<F>(serve: impl FnOnce(String, Duration, TcpListener) -> F) -> anyhow::Result<()>
where
    F: Future<Output = anyhow::Result<()>>,
{
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [name, delay, address] = arguments.as_slice() else {
        anyhow::bail!("usage: NAME DELAY_MS ADDRESS");
    };
    let delay = Duration::from_millis(delay.parse().context("DELAY_MS")?);
    let mut end = signal(SignalKind::terminate())?;
    let listener = TcpListener::bind(address).await?;
    tokio::select! {
        served = serve(name.clone(), delay, listener) => served,
        _ = end.recv() => Ok(()),
    }
}

/// The response to `GET /images`.
pub async fn image(delay: Duration) -> Html<&'static str> {
    if !delay.is_zero() {
        sleep(delay).await;
    }
    Html("<h1>0</h1>")
}
