//! One request while it is observed: counted on entry, measured once on leaving, and as cancelled where it is dropped.

use std::{
    fmt::{self, Write},
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::Instant,
};

use http::{
    HeaderName, HeaderValue, Request, Response, StatusCode,
    header::{CONTENT_TYPE, RETRY_AFTER},
};
use opentelemetry::Context;

use super::{attributes, method, policy::Policy};
use crate::{
    contract::{ServerTiming, TraceContext},
    instruments::{HttpRequest, Instruments, Outcome, outcome_attributes},
    telemetry::{ServerSpan, Tracing},
    timer::ExecutionTimer,
};

const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");
const TRACERESPONSE: HeaderName = HeaderName::from_static("traceresponse");

/// What all requests of one layer share.
#[derive(Debug)]
pub struct Shared<P> {
    pub policy: Arc<P>,
    pub instruments: Instruments,
    pub tracing: Arc<Tracing>,
    pub instance_id: String,
    pub in_flight: AtomicU32,
    pub max_in_flight: u32,
    pub access_log: bool,
}

/// A request that entered, and has not left.
pub struct ObservedRequest<P: Policy> {
    shared: Arc<Shared<P>>,
    labels: HttpRequest,
    entered: Instant,
    span: ServerSpan,
    timed: Option<Timed<P::Plan>>,
    pub is_above_limit: bool,
    has_left: bool,
}

/// What only a timed request has.
struct Timed<T> {
    timer: ExecutionTimer,
    plan: T,
}

impl<P: Policy> ObservedRequest<P> {
    pub fn enter<B>(
        shared: &Arc<Shared<P>>,
        request: &Request<B>,
        route: Option<&'static str>,
    ) -> Self {
        let entered = Instant::now();
        let method = method::label(request.method());
        shared.instruments.http.enter(method);
        let span_name = || method::span_name(method, route);
        Self {
            span: shared.tracing.server_span(request.headers(), span_name),
            is_above_limit: shared.in_flight.fetch_add(1, Relaxed) >= shared.max_in_flight,
            shared: Arc::clone(shared),
            labels: HttpRequest { method, route },
            entered,
            timed: None,
            has_left: false,
        }
    }

    pub fn describe_entry<B>(&self, request: &Request<B>, peer: Option<SocketAddr>) {
        self.span
            .describe(|| attributes::on_entry(request, self.labels, peer));
    }

    /// The ids that the plan is made from.
    pub fn trace_context(&self) -> TraceContext {
        self.span.trace_context()
    }

    /// The context in which the request is handled: its span is the current one.
    pub fn span_context(&self) -> Context {
        self.span.context.clone()
    }

    /// Enters this request in the ledger.
    pub fn start_timer(&mut self, plan: P::Plan) {
        let latency = self.shared.instruments.latency.clone();
        let timer = ExecutionTimer::start(latency, self.entered);
        self.timed = Some(Timed { timer, plan });
    }

    /// The answer to a request above the limit in flight.
    pub fn refuse<B: From<&'static str>>(&self) -> Response<B> {
        self.shared.instruments.reject_in_flight();
        let mut response = Response::new(B::from("too many requests in flight; retry later\n"));
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        let headers = response.headers_mut();
        let text = HeaderValue::from_static("text/plain; charset=utf-8");
        headers.insert(CONTENT_TYPE, text);
        headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
        response
    }

    pub fn complete<B>(mut self, mut response: Response<B>) -> Response<B> {
        let status = response.status().as_u16();
        if let Some(timing) = self.leave(Outcome::Status(status)) {
            let headers = response.headers_mut();
            headers.insert(SERVER_TIMING, header(timing));
            headers.insert(TRACERESPONSE, header(self.span.traceresponse()));
        }
        response
    }

    /// Measures once, and records that measurement in metrics, span and log. Returns it for the headers, where the
    /// request is timed.
    fn leave(&mut self, outcome: Outcome) -> Option<ServerTiming> {
        self.has_left = true;
        let shared = &self.shared;
        shared.in_flight.fetch_sub(1, Relaxed);
        let (total, plan) = match self.timed.take() {
            None => (self.entered.elapsed(), None),
            Some(Timed { timer, plan }) => {
                let total = match outcome {
                    Outcome::Status(_) => timer.observe_total(),
                    Outcome::Cancelled | Outcome::Panicked => timer.observe_cancelled(),
                };
                (total, Some(plan))
            }
        };
        let is_chosen = plan.as_ref().is_some_and(P::is_status_chosen);
        let http = &shared.instruments.http;
        http.leave(self.labels, outcome, is_chosen, total);
        self.span.describe(|| {
            let own = P::attributes(plan.as_ref(), total);
            outcome_attributes(outcome).chain(own).collect()
        });
        if outcome.error_type().is_some() {
            self.span.fail();
        }
        if shared.access_log {
            let _inside = self.span.context.clone().attach();
            attributes::log(self.labels, outcome, total);
        }
        self.span.end(total);
        plan.map(|plan| ServerTiming {
            delay: P::delay(&plan),
            total: Some(total),
            replica: Some(shared.instance_id.clone()),
        })
    }
}

impl<P: Policy> Drop for ObservedRequest<P> {
    fn drop(&mut self) {
        if !self.has_left {
            let is_panic = std::thread::panicking();
            self.leave(if is_panic {
                Outcome::Panicked
            } else {
                Outcome::Cancelled
            });
        }
    }
}

/// A header value; with room for an id and two durations from the start.
fn header(value: impl fmt::Display) -> HeaderValue {
    let mut text = String::with_capacity(128);
    // Writing to a string cannot fail.
    let _ = write!(text, "{value}");
    // An instance id from the environment may contain characters that a header must not.
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static("invalid"))
}
