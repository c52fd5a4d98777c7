//! Binds, serves and drains. Knows neither routes nor signals nor telemetry.

mod address;
mod bounds;
mod client_io;
mod connection;
mod host;
mod in_flight;
mod limits;
mod only;
mod quiet_timer;
mod tracked_body;

pub use address::{parse_address, reachable};
pub use bounds::{HttpBody, HttpService};
pub use limits::Limits;

use std::{
    future::{Future, Ready},
    io,
    net::SocketAddr,
    pin::pin,
    time::Duration,
};

use futures_util::FutureExt;
use tokio::net::{TcpListener, TcpSocket};

use crate::shutdown::Readiness;
use connection::Connections;
use only::Only;

/// Connections that may wait to be accepted. The kernel cuts it to its own limit, `net.core.somaxconn`.
const BACKLOG: u32 = 65_535;
/// How long a connection without a request in flight may take to close: one that has sent half a head, or that still
/// reads its answer.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

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

/// What goes on being answered while a server drains, and after that.
#[derive(Clone, Copy, Debug)]
pub struct Rest<U> {
    /// The paths. A request for another one finds its connection closed without an answer, as where nothing listens.
    pub paths: &'static [&'static str],
    /// Polled once everything in flight was answered; the server ends with it.
    pub until: U,
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
    /// Binds an address. Port 0 means any free port. Needs a Tokio runtime.
    ///
    /// # Errors
    /// When the address is in use, or does not belong to this machine.
    pub fn bind(address: SocketAddr) -> Result<Self, BindError> {
        let listener = listen(address).map_err(|reason| BindError { address, reason })?;
        Ok(Self {
            listener,
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
        let nothing = || None::<Rest<Ready<()>>>;
        self.run_with_rest(make_service, shutdown, nothing).await
    }

    /// Like [`run`](Self::run), with something that goes on being answered, on new connections, while the rest drains and
    /// after that. `rest` says what, when the drain begins.
    pub async fn run_with_rest<S, B, U>(
        self,
        make_service: impl Fn(SocketAddr) -> S,
        shutdown: impl Future<Output = ()>,
        rest: impl FnOnce() -> Option<Rest<U>>,
    ) -> bool
    where
        S: HttpService<B>,
        B: HttpBody,
        U: Future<Output = ()>,
    {
        let (drain, connections) = (self.drain, self.connections());
        let until = async {
            shutdown.await;
            self.readiness.set(false);
            tokio::time::sleep(drain.delay).await;
        };
        let accepting = connections.accept_until(&self.listener, &make_service, until);
        accepting.await;
        let drained = async {
            let _ = tokio::time::timeout(drain.grace, close(&connections)).await;
        };
        if let Some(Rest { paths, until }) = rest() {
            let stays_open = Readiness::default();
            stays_open.set(true);
            let last = Connections::new(self.limits, stays_open);
            let make_service = |peer| Only {
                inner: make_service(peer),
                paths,
            };
            let until = drained.then(|()| until);
            let accepting = last.accept_until(&self.listener, make_service, until);
            accepting.await;
            drop(self.listener);
            let _ = tokio::time::timeout(CLOSE_TIMEOUT, close(&last)).await;
        } else {
            drop(self.listener);
            drained.await;
        }
        connections.in_flight.is_idle()
    }

    /// Serves without draining, until the future is dropped.
    pub async fn run_until_dropped<S, B>(self, make_service: impl Fn(SocketAddr) -> S)
    where
        S: HttpService<B>,
        B: HttpBody,
    {
        let never = std::future::pending();
        let connections = self.connections();
        let accepting = connections.accept_until(&self.listener, make_service, never);
        accepting.await;
    }

    fn connections(&self) -> Connections {
        self.readiness.set(true);
        Connections::new(self.limits, self.readiness.clone())
    }
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // A restart must not wait for the old connections' TIME_WAIT.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Waits until every connection is closed, or none has a request in flight and the rest had time to close.
async fn close(connections: &Connections) {
    let in_flight = &connections.in_flight;
    let mut closed = pin!(connections.drain());
    loop {
        let close_timeout = async {
            in_flight.idle().await;
            tokio::time::sleep(CLOSE_TIMEOUT).await;
        };
        tokio::select! {
            () = &mut closed => return,
            () = close_timeout => {}
        }
        if in_flight.is_idle() {
            return;
        }
    }
}
