//! Binds, serves and drains. Knows neither routes nor signals nor telemetry.

mod address;
mod connection;
mod limits;

pub use address::{parse_address, reachable};
pub use connection::{HttpBody, HttpService};
pub use limits::Limits;

use std::{future::Future, io, net::SocketAddr, time::Duration};

use tokio::net::TcpListener;

use crate::shutdown::Readiness;
use connection::accept_until;

/// Why an address could not be listened on.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: {reason}")]
pub struct BindError {
    address: SocketAddr,
    reason: io::Error,
}

/// How a service stops.
#[derive(Clone, Copy, Debug)]
pub struct Drain {
    /// How long to go on accepting, unready, until load balancers have noticed.
    pub delay: Duration,
    /// How long requests in flight may take to finish after that.
    pub grace: Duration,
}

impl Default for Drain {
    fn default() -> Self {
        Self {
            delay: Duration::ZERO,
            grace: Duration::from_secs(30),
        }
    }
}

/// A bound HTTP/1.1 server that does not answer yet.
#[derive(Debug)]
pub struct HttpServer {
    listener: TcpListener,
    /// What one connection may use.
    pub limits: Limits,
    /// How it stops.
    pub drain: Drain,
    /// Whether it wants requests.
    pub readiness: Readiness,
}

impl HttpServer {
    /// Binds an address. Port 0 means any free port.
    ///
    /// # Errors
    /// When the address is in use, or does not belong to this machine.
    pub async fn bind(address: SocketAddr) -> Result<Self, BindError> {
        let listener = TcpListener::bind(address).await;
        Ok(Self {
            listener: listener.map_err(|reason| BindError { address, reason })?,
            limits: Limits::default(),
            drain: Drain::default(),
            readiness: Readiness::default(),
        })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// When the operating system does not say.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until `shutdown` ends, then drains: unready, `drain.delay`, no new connections, at most `drain.grace` for
    /// what is in flight. `make_service` makes the service of each connection from the address of its client.
    ///
    /// Returns whether everything in flight was answered.
    pub async fn run<S, B>(
        self,
        make_service: impl Fn(SocketAddr) -> S,
        shutdown: impl Future<Output = ()>,
    ) -> bool
    where
        S: HttpService<B>,
        B: HttpBody,
    {
        let Self {
            readiness, drain, ..
        } = self;
        readiness.set(true);
        let until = async {
            shutdown.await;
            readiness.set(false);
            tokio::time::sleep(drain.delay).await;
        };
        let connections = accept_until(self.listener, self.limits, make_service, until).await;
        let drained = tokio::time::timeout(drain.grace, connections.shutdown()).await;
        drained.is_ok()
    }

    /// Serves without draining, until the future is dropped.
    pub async fn run_until_dropped<S, B>(self, service: S)
    where
        S: HttpService<B>,
        B: HttpBody,
    {
        let make_service = |_| service.clone();
        let never = std::future::pending();
        accept_until(self.listener, self.limits, make_service, never).await;
    }
}
