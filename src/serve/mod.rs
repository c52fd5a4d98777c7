//! Binds, serves and drains; knows nothing of signals or of telemetry back ends.

mod app;
mod args;
mod attributes;
mod connection;
mod exchange;
mod images;
mod index;
mod observe;
mod overrides;
mod probes;
mod router;
mod routes;
mod scrape;
mod truth;

pub use app::{App, Declared};
pub use args::ServeArgs;

use std::{future::Future, net::SocketAddr, sync::Arc, time::Duration};

use connection::{Gate, Limits};
use hyper_util::server::graceful::GracefulShutdown;
use observe::Observe;
use tokio::net::TcpListener;

/// Why a server could not be bound.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: {reason}")]
pub struct BindError {
    address: SocketAddr,
    reason: std::io::Error,
}

/// A bound service that does not answer yet.
#[derive(Debug)]
pub struct Server {
    service: TcpListener,
    metrics: Option<TcpListener>,
    app: Arc<App>,
    limits: Limits,
    drain_delay: Duration,
    grace: Duration,
}

impl Server {
    /// Takes the addresses. Port 0 means any free one.
    ///
    /// # Errors
    /// When an address is taken, or not this machine's.
    pub async fn bind(args: &ServeArgs, app: App) -> Result<Self, BindError> {
        Ok(Self {
            service: listen(args.listen).await?,
            metrics: match args.metrics_listen {
                Some(address) => Some(listen(address).await?),
                None => None,
            },
            app: Arc::new(app),
            limits: Limits::from(args),
            drain_delay: args.drain_delay,
            grace: args.grace(),
        })
    }

    /// Where the service listens.
    ///
    /// # Errors
    /// When the operating system does not say.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.service.local_addr()
    }

    /// Where `/metrics` is, when it has an address of its own.
    #[must_use]
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics
            .as_ref()
            .and_then(|listener| listener.local_addr().ok())
    }

    /// Serves until `shutdown` ends, then drains: unready, `--drain-delay`, no new connections, at most `--grace` for
    /// what is in flight. `/metrics` on its own address answers until the end.
    ///
    /// Returns whether everything in flight was answered.
    pub async fn run(self, shutdown: impl Future<Output = ()>) -> bool {
        let connections = GracefulShutdown::new();
        let scrapes = self.metrics.map(|listener| {
            let router = router::metrics_only(&self.app);
            tokio::spawn(connection::serve_plain(listener, router, self.limits))
        });
        let with_metrics = scrapes.is_none();
        let observe = Observe::new(
            router::service(&self.app, with_metrics),
            Arc::clone(&self.app),
            self.limits.in_flight,
        );
        let gate = Gate::open(self.service, connections, self.limits);
        self.app.set_ready(true);

        let drain_delay = self.drain_delay;
        let app = Arc::clone(&self.app);
        let until = async move {
            shutdown.await;
            app.set_ready(false);
            tokio::time::sleep(drain_delay).await;
        };
        let connections = gate.accept(observe, until).await;
        let drained = tokio::time::timeout(self.grace, connections.shutdown())
            .await
            .is_ok();
        if let Some(scrapes) = scrapes {
            scrapes.abort();
        }
        drained
    }
}

async fn listen(address: SocketAddr) -> Result<TcpListener, BindError> {
    TcpListener::bind(address)
        .await
        .map_err(|reason| BindError { address, reason })
}
