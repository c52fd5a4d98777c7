//! Around every request: the ledger, the HTTP metrics, the span, and the headers that repeat the one measurement.
//!
//! A request enters where hyper calls the service. What hyper never hands over (a client that left with the end of its
//! stream, bytes that are no request) is in no ledger.

use std::{
    convert::Infallible,
    fmt::{self, Write},
    future::Future,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::Instant,
};

use axum::{Router, body::Body, response::IntoResponse};
use futures_util::future::Either;
use http::{
    HeaderName, HeaderValue, Request, Response, StatusCode,
    header::{CONNECTION, RETRY_AFTER},
};
use hyper::body::Incoming;
use opentelemetry::context::FutureExt;
use tower::Service;

use super::{
    App, attributes,
    exchange::Exchange,
    routes::{Attention, IMAGES, method_and_span},
};
use crate::{
    contract::ServerTiming,
    instruments::{HttpRequest, Outcome},
    telemetry::ServerSpan,
    timer::ExecutionTimer,
};

const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");
const TRACERESPONSE: HeaderName = HeaderName::from_static("traceresponse");

/// The router, observed. Cloning is cheap; one clone a connection.
#[derive(Clone)]
pub(super) struct Observe {
    router: Router,
    shared: Arc<Shared>,
}

struct Shared {
    app: Arc<App>,
    in_flight: AtomicU32,
    most_in_flight: u32,
}

impl Observe {
    pub(super) fn new(router: Router, app: Arc<App>, most_in_flight: u32) -> Self {
        let shared = Shared {
            app,
            in_flight: AtomicU32::new(0),
            most_in_flight,
        };
        Self {
            router,
            shared: Arc::new(shared),
        }
    }

    /// Answers one request. What is counted on entry is counted when this is called, before the future is polled.
    pub(super) fn handle(
        &self,
        request: Request<Incoming>,
        peer: SocketAddr,
    ) -> impl Future<Output = Result<Response<Body>, Infallible>> + Send + use<> {
        let route = match Attention::to(request.method(), request.uri().path()) {
            Attention::None => return Either::Left(self.router.clone().call(request)),
            Attention::Observed(route) => (route, false),
            Attention::Timed => (Some(IMAGES), true),
        };
        Either::Right(self.observe(request, peer, route))
    }

    fn observe(
        &self,
        mut request: Request<Incoming>,
        peer: SocketAddr,
        (route, timed): (Option<&'static str>, bool),
    ) -> impl Future<Output = Result<Response<Body>, Infallible>> + Send + use<> {
        let mut visit = Visit::enter(&self.shared, &request, route);
        visit
            .span
            .describe(|| attributes::on_entry(&request, visit.labels, peer));
        let crowded = visit.crowded;
        if timed && !crowded {
            let exchange = visit.time();
            request.extensions_mut().insert(exchange);
        }
        // Called here, polled below: the request itself need not lie in the future that waits.
        let answer = (!crowded).then(|| {
            let inside = visit.span.context.clone();
            self.router.clone().call(request).with_context(inside)
        });
        async move {
            let visit = visit; // whole: its drop counts a client that left
            let response = match answer {
                Some(answer) => answer.await?,
                None => refuse(&visit.shared.app),
            };
            Ok(visit.complete(response))
        }
    }
}

fn refuse(app: &App) -> Response<Body> {
    app.instruments.reject_in_flight();
    let reason = "too many requests in flight (--max-in-flight)\n";
    (
        StatusCode::SERVICE_UNAVAILABLE,
        [(RETRY_AFTER, "1")],
        reason,
    )
        .into_response()
}

/// One request inside. Completed once; dropped before that, it is counted as cancelled.
struct Visit {
    shared: Arc<Shared>,
    labels: HttpRequest,
    entered: Instant,
    span: ServerSpan,
    exchange: Option<Exchange>,
    crowded: bool,
    open: bool,
}

impl Visit {
    fn enter(
        shared: &Arc<Shared>,
        request: &Request<Incoming>,
        route: Option<&'static str>,
    ) -> Self {
        let entered = Instant::now();
        let (method, span) = method_and_span(request.method(), route);
        shared.app.instruments.http.enter(method);
        Self {
            span: shared.app.tracing.server_span(request.headers(), span),
            crowded: shared.in_flight.fetch_add(1, Relaxed) >= shared.most_in_flight,
            shared: Arc::clone(shared),
            labels: HttpRequest { method, route },
            entered,
            exchange: None,
            open: true,
        }
    }

    /// Enters this request in the ledger.
    fn time(&mut self) -> Exchange {
        let timer =
            ExecutionTimer::start(self.shared.app.instruments.latency.clone(), self.entered);
        let exchange = Exchange::new(timer, self.span.trace_context());
        self.exchange.insert(exchange).clone()
    }

    fn complete(mut self, mut response: Response<Body>) -> Response<Body> {
        let status = response.status();
        if !self.shared.app.is_ready() {
            // A kept connection would be closed at the end of the drain, perhaps under the next request.
            let leave = HeaderValue::from_static("close");
            response.headers_mut().insert(CONNECTION, leave);
        }
        if let Some(timing) = self.leave(Outcome::Status(status.as_u16())) {
            let headers = response.headers_mut();
            headers.insert(SERVER_TIMING, header(timing));
            headers.insert(TRACERESPONSE, header(self.span.traceresponse()));
        }
        response
    }

    /// Measures once, and says it everywhere but in the headers, which the result is for.
    fn leave(&mut self, outcome: Outcome) -> Option<ServerTiming> {
        self.open = false;
        let shared = &self.shared;
        shared.in_flight.fetch_sub(1, Relaxed);
        let took = match (&self.exchange, outcome) {
            (None, _) => self.entered.elapsed(),
            (Some(exchange), Outcome::Status(_)) => exchange.timer().observe_total(),
            (Some(exchange), Outcome::Cancelled) => exchange.timer().observe_cancelled(),
        };
        shared
            .app
            .instruments
            .http
            .leave(self.labels, outcome, took);
        let drawn = self.exchange.as_ref().and_then(Exchange::drawn);
        self.span
            .describe(|| attributes::on_leaving(outcome, took, drawn));
        if attributes::is_error(outcome) {
            self.span.fail();
        }
        if shared.app.access_log {
            let _inside = self.span.context.clone().attach();
            attributes::log(self.labels, outcome, took);
        }
        self.span.end(took);
        self.exchange.is_some().then(|| ServerTiming {
            delay: drawn,
            total: Some(took),
            replica: Some(shared.app.instance_id.clone()),
        })
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        if self.open {
            self.leave(Outcome::Cancelled);
        }
    }
}

/// Words as a header; with room for an id and two durations from the start.
fn header(words: impl fmt::Display) -> HeaderValue {
    let mut text = String::with_capacity(128);
    // Writing to a string cannot fail.
    let _ = write!(text, "{words}");
    // Digits and ids are header values; of an instance id that the environment gave, not all may be.
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static("invalid"))
}
