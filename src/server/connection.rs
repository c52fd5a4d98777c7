//! The accept loop: HTTP/1.1 connections with limits, that notice when their client closes, and that can be drained.

use std::{
    convert::Infallible, error::Error, future::Future, io, net::SocketAddr, pin::pin,
    time::Duration,
};

use http::{Request, Response};
use hyper::{
    body::{Body, Incoming},
    service::service_fn,
};
use hyper_util::{rt::TokioIo, server::graceful::GracefulShutdown};
use tokio::net::{TcpListener, TcpStream};
use tower::Service;

use super::limits::Limits;

/// How long to pause when the process is out of file descriptors or memory.
const PAUSE_WHEN_EXHAUSTED: Duration = Duration::from_millis(50);

/// A service that answers HTTP requests, and is always ready, as axum's `Router` is.
pub trait HttpService<B>:
    Service<Request<Incoming>, Response = Response<B>, Error = Infallible, Future: Send + 'static>
    + Clone
    + Send
    + 'static
{
}

impl<S, B> HttpService<B> for S where
    S: Service<
            Request<Incoming>,
            Response = Response<B>,
            Error = Infallible,
            Future: Send + 'static,
        > + Clone
        + Send
        + 'static
{
}

/// The body of an answer.
pub trait HttpBody:
    Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static
{
}

impl<B> HttpBody for B where
    B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static
{
}

/// Accepts connections until `until` ends, and then closes the listener. `make_service` gets the address of each client.
/// Returns the connections that are still open.
pub async fn accept_until<S, B>(
    listener: TcpListener,
    limits: Limits,
    make_service: impl Fn(SocketAddr) -> S,
    until: impl Future<Output = ()>,
) -> GracefulShutdown
where
    S: HttpService<B>,
    B: HttpBody,
{
    let connections = GracefulShutdown::new();
    let builder = limits.builder();
    let mut until = pin!(until);
    loop {
        let (stream, peer) = tokio::select! {
            accepted = accept(&listener) => accepted,
            () = &mut until => return connections,
        };
        let service = make_service(peer);
        let service = service_fn(move |request| service.clone().call(request));
        let connection = builder.serve_connection(TokioIo::new(stream), service);
        let connection = connections.watch(connection);
        // Connection errors are ignored here: what became of a request is recorded where requests are observed.
        tokio::spawn(async move { drop(connection.await) });
    }
}

/// The next connection. An error of one connection is skipped; an exhausted process is waited for.
async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                // Small answers must not wait for an acknowledgement; where the option cannot be set, only time is lost.
                let _ = stream.set_nodelay(true);
                return (stream, peer);
            }
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                tracing::warn!(%error, "cannot accept connections; trying again");
                tokio::time::sleep(PAUSE_WHEN_EXHAUSTED).await;
            }
        }
    }
}

fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted
    )
}
