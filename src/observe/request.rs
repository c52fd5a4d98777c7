//! One request while it is observed: counted on entry, measured once on leaving, and as cancelled where it is dropped.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode,
    header::{CONTENT_TYPE, RETRY_AFTER},
};
use opentelemetry::Context;

use super::{attributes, method, policy::Policy};
use crate::{
    contract::{Replica, TraceContext},
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
    pub replica: Replica,
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

    /// What is decided about a timed request.
    pub fn plan(&self) -> Option<&P::Plan> {
        self.timed.as_ref().map(|timed| &timed.plan)
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
        if let Some((plan, total)) = self.leave(Outcome::Status(status)) {
            self.repeat_measurement(response.headers_mut(), &plan, total);
        }
        response
    }

    fn repeat_measurement(&self, headers: &mut HeaderMap, plan: &P::Plan, total: Duration) {
        let mut text = Vec::with_capacity(192); // both values, with an id of usual length
        let replica = &self.shared.replica;
        replica.push_timing(&mut text, P::delay(plan), total);
        let end = text.len();
        self.span.push_traceresponse(&mut text);
        let text = Bytes::from(text);
        for (name, value) in [
            (SERVER_TIMING, text.slice(..end)),
            (TRACERESPONSE, text.slice(end..)),
        ] {
            if let Ok(value) = HeaderValue::from_maybe_shared(value) {
                headers.insert(name, value);
            }
        }
    }

    /// Measures once, and records that measurement in metrics, span and log. Returns it, where the request is timed.
    fn leave(&mut self, outcome: Outcome) -> Option<(P::Plan, Duration)> {
        self.has_left = true;
        let shared = &self.shared;
        shared.in_flight.fetch_sub(1, Relaxed);
        let sampled = self.span.sampled();
        let (total, plan) = match self.timed.take() {
            None => (self.entered.elapsed(), None),
            Some(Timed { timer, plan }) => {
                let total = match outcome {
                    Outcome::Status(_) => timer.observe_total(sampled),
                    Outcome::Cancelled | Outcome::Panicked => timer.observe_cancelled(sampled),
                };
                (total, Some(plan))
            }
        };
        let is_chosen = plan.as_ref().is_some_and(P::is_status_chosen);
        let http = &shared.instruments.http;
        http.leave(self.labels, outcome, is_chosen, total, sampled);
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
        plan.map(|plan| (plan, total))
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
