//! The accept loop and what a connection may do: HTTP/1.1 with limits, a close that is noticed, a drain that is polite.

use std::{future::Future, io, net::SocketAddr, pin::pin, time::Duration};

use axum::Router;
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use tokio::net::{TcpListener, TcpStream};
use tower::Service;

use super::{ServeArgs, observe::Observe};

/// How long to pause when the process is out of file descriptors or memory.
const PAUSE_WHEN_EXHAUSTED: Duration = Duration::from_millis(50);

/// What a client may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) in_flight: u32,
    header_timeout: Duration,
    header_bytes: usize,
    headers: usize,
}

impl From<&ServeArgs> for Limits {
    fn from(args: &ServeArgs) -> Self {
        Self {
            in_flight: args.max_in_flight,
            header_timeout: args.header_timeout,
            header_bytes: args.max_header_bytes as usize,
            headers: args.max_headers as usize,
        }
    }
}

impl Limits {
    fn builder(self) -> http1::Builder {
        let mut builder = http1::Builder::new();
        builder
            .timer(TokioTimer::new())
            .header_read_timeout(self.header_timeout)
            .max_buf_size(self.header_bytes)
            .max_headers(self.headers)
            .half_close(false);
        builder
    }
}

/// Where connections come in.
pub(super) struct Gate {
    listener: TcpListener,
    connections: GracefulShutdown,
    limits: Limits,
}

impl Gate {
    pub(super) fn open(
        listener: TcpListener,
        connections: GracefulShutdown,
        limits: Limits,
    ) -> Self {
        Self {
            listener,
            connections,
            limits,
        }
    }

    /// Accepts until `until` ends; the listener is closed then. Returns the connections that are still open.
    pub(super) async fn accept(
        self,
        observe: Observe,
        until: impl Future<Output = ()>,
    ) -> GracefulShutdown {
        let builder = self.limits.builder();
        let mut until = pin!(until);
        loop {
            let (stream, peer) = tokio::select! {
                accepted = accept(&self.listener) => accepted,
                () = &mut until => return self.connections,
            };
            let observe = observe.clone();
            let service =
                service_fn(move |request: Request<Incoming>| observe.handle(request, peer));
            let connection = builder.serve_connection(TokioIo::new(stream), service);
            let connection = self.connections.watch(connection);
            // A client that errs ends its own connection; what that means for a request is counted where requests are.
            tokio::spawn(async move { drop(connection.await) });
        }
    }
}

/// Serves a router on an address of its own, unobserved, until it is aborted.
pub(super) async fn serve_plain(listener: TcpListener, router: Router, limits: Limits) {
    let builder = limits.builder();
    loop {
        let (stream, _) = accept(&listener).await;
        let router = router.clone();
        let service = service_fn(move |request: Request<Incoming>| router.clone().call(request));
        let connection = builder.serve_connection(TokioIo::new(stream), service);
        tokio::spawn(async move { drop(connection.await) });
    }
}

/// The next connection. A failure of one is not the listener's; exhaustion is waited out.
async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                // Small answers must not wait for an acknowledgement; one that cannot be set costs only time.
                let _ = stream.set_nodelay(true);
                return (stream, peer);
            }
            Err(error) if is_the_client_s(&error) => {}
            Err(error) => {
                tracing::warn!(%error, "no connection can be accepted for now");
                tokio::time::sleep(PAUSE_WHEN_EXHAUSTED).await;
            }
        }
    }
}

fn is_the_client_s(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted
    )
}
