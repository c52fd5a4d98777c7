//! The accept loop: HTTP/1.1 connections with limits, that notice when their client closes, and that can be drained.

use std::{
    future::{Future, poll_fn},
    io,
    net::SocketAddr,
    os::fd::AsFd,
    pin::{Pin, pin},
    sync::Arc,
    task::Poll,
    time::{Duration, Instant},
};

use futures_util::{
    TryFutureExt,
    future::{Either, ready},
};
use http::{
    HeaderValue, Request, Response, StatusCode,
    header::{CONNECTION, CONTENT_LENGTH},
};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::unconstrained,
    time::sleep,
};

use super::{
    bounds::{HttpBody, HttpService},
    client_io::ClientIo,
    host,
    in_flight::{ConnectionInFlight, InFlight},
    limits::Limits,
    quiet_timer::QuietTimer,
    tracked_body::TrackedBody,
};
use crate::shutdown::Readiness;

/// How long to pause when the process is out of file descriptors or memory.
const PAUSE_WHEN_EXHAUSTED: Duration = Duration::from_millis(50);
/// How long to say nothing more about it: connections end, and the next ones exhaust the process again.
const SILENCE_WHEN_EXHAUSTED: Duration = Duration::from_mins(1);
/// How long a draining connection may wait for a request that is on its way. Its answer says `connection: close`.
const IDLE_TIMEOUT: Duration = Duration::from_millis(500);

/// The open connections of one listener.
#[derive(Debug)]
pub struct Connections {
    limits: Limits,
    builder: http1::Builder,
    /// While it says no, answers ask their clients to close the connection.
    readiness: Readiness,
    pub in_flight: Arc<InFlight>,
    is_draining: watch::Sender<bool>,
}

impl Connections {
    pub fn new(limits: Limits, readiness: Readiness) -> Self {
        Self {
            readiness,
            limits,
            builder: limits.builder(),
            in_flight: Arc::default(),
            is_draining: watch::Sender::new(false),
        }
    }

    /// Accepts connections until `until` ends, and serves those that wait to be accepted then. `make_service` gets the
    /// address of each client.
    pub async fn accept_until<S, B>(
        &self,
        listener: &TcpListener,
        make_service: impl Fn(SocketAddr) -> S,
        until: impl Future<Output = ()>,
    ) where
        S: HttpService<B>,
        B: HttpBody,
    {
        let mut until = pin!(until);
        let mut warned = None;
        loop {
            tokio::select! {
                (stream, peer) = accept(listener, &mut warned) => self.serve(stream, make_service(peer)),
                () = &mut until => break,
            }
        }
        let waiting = || -> io::Result<()> {
            // Tokio sees them at its next look at the system, which is too late.
            let listener = std::net::TcpListener::from(listener.as_fd().try_clone_to_owned()?);
            while let Ok((stream, peer)) = listener.accept() {
                stream.set_nonblocking(true)?;
                self.serve(TcpStream::from_std(stream)?, make_service(peer));
            }
            Ok(())
        };
        if let Err(error) = waiting() {
            tracing::warn!(%error, "cannot serve the connections that wait to be accepted");
        }
    }

    fn serve<S, B>(&self, stream: TcpStream, service: S)
    where
        S: HttpService<B>,
        B: HttpBody,
    {
        // Small answers must not wait for an acknowledgement; where the option cannot be set, only time is lost.
        let _ = stream.set_nodelay(true);
        let in_flight = ConnectionInFlight::of(&self.in_flight);
        let readiness = self.readiness.clone();
        let quiet = QuietTimer::new(self.limits.header_timeout);
        let io = ClientIo::new(stream, Arc::clone(&in_flight), quiet);
        let service = service_fn(move |request: Request<Incoming>| {
            let (entered, readiness) = (in_flight.enter(), readiness.clone());
            let answer = if host::is_valid(&request) {
                Either::Left(service.clone().call(request))
            } else {
                Either::Right(ready(Ok(host::bad_request())))
            };
            answer.map_ok(move |mut answer| {
                finish_head(&mut answer, &readiness);
                answer.map(|body| TrackedBody::new(body, entered))
            })
        });
        let connection = self.builder.serve_connection(TokioIo::new(io), service);
        let mut is_draining = self.is_draining.subscribe();
        // Connection errors are ignored here: what became of a request is recorded where requests are observed.
        tokio::spawn(async move {
            let mut connection = pin!(connection);
            if is_over_before_drain(connection.as_mut(), &mut is_draining).await {
                return;
            }
            // hyper closes a connection without a request at once, though one may be on its way.
            tokio::select! {
                _ = connection.as_mut() => return,
                () = sleep(IDLE_TIMEOUT) => {}
            }
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        });
    }

    /// Lets each connection finish its request, and waits until all are closed.
    pub async fn drain(&self) {
        self.is_draining.send_replace(true);
        self.is_draining.closed().await;
    }
}

/// Whether the connection is over before the drain begins. The drain is polled once: that registers the wake-up of this task.
async fn is_over_before_drain(
    mut connection: Pin<&mut impl Future>,
    is_draining: &mut watch::Receiver<bool>,
) -> bool {
    let signal = is_draining.clone();
    // Within a budget, it could be told to come back without being registered.
    let mut begins = pin!(unconstrained(is_draining.changed()));
    let mut is_registered = false;
    poll_fn(|context| {
        if connection.as_mut().poll(context).is_ready() {
            return Poll::Ready(true);
        }
        let is_changed = signal.has_changed().unwrap_or(true);
        if (is_changed || !is_registered) && begins.as_mut().poll(context).is_ready() {
            return Poll::Ready(false);
        }
        is_registered = true;
        Poll::Pending
    })
    .await
}

/// What the head of every answer must say.
fn finish_head<B>(answer: &mut Response<B>, readiness: &Readiness) {
    if answer.status() == StatusCode::NO_CONTENT {
        answer.headers_mut().remove(CONTENT_LENGTH); // RFC 9110, 8.6
    }
    if !readiness.is_ready() {
        // The client's next request could meet a connection that closes.
        let close = HeaderValue::from_static("close");
        answer.headers_mut().insert(CONNECTION, close);
    }
}

/// The next connection. An error of one connection is skipped; an exhausted process is waited for, and logged where that was
/// not done lately.
async fn accept(listener: &TcpListener, warned: &mut Option<Instant>) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                if warned.is_none_or(|at| at.elapsed() > SILENCE_WHEN_EXHAUSTED) {
                    tracing::warn!(%error, "cannot accept connections; trying again");
                    *warned = Some(Instant::now());
                }
                sleep(PAUSE_WHEN_EXHAUSTED).await;
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
