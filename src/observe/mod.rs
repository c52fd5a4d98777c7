//! A tower layer around every request: the ledger, the HTTP metrics, the span, and the headers that repeat the one
//! measurement. Suits any HTTP service; what is special about its requests comes from a [`Policy`].
//!
//! A request enters where the layer is called. What never becomes a request (a client that closes before its head is
//! complete, bytes that are not HTTP) is in no count.

mod answer;
mod attributes;
mod future;
mod method;
mod policy;
mod request;
mod route;

pub use answer::Answer;
pub use future::ResponseFuture;
pub use policy::{Policy, RouteTable};
pub use route::{Route, RouteKind};

use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{Arc, atomic::AtomicU32},
    task::{Context, Poll},
};

use http::{Request, Response};
use opentelemetry::context::FutureExt;
use tower::{Layer, Service};

use crate::{contract::Replica, instruments::Instruments, telemetry::Telemetry};
use request::{ObservedRequest, Shared};

/// Observes the requests of a service. Cloning is cheap.
#[derive(Debug)]
pub struct ObserveLayer<P>(Arc<Shared<P>>);

/// A service with its requests observed; made by [`ObserveLayer`].
#[derive(Debug)]
pub struct Observe<S, P> {
    inner: S,
    shared: Arc<Shared<P>>,
    peer: Option<SocketAddr>,
}

/// Settings of an [`ObserveLayer`].
#[derive(Clone, Copy, Debug)]
pub struct ObserveOptions {
    /// Most requests in flight; above it a request is refused with 503.
    pub max_in_flight: u32,
    /// Log one line a request.
    pub access_log: bool,
}

impl Default for ObserveOptions {
    fn default() -> Self {
        Self {
            max_in_flight: 16_384,
            access_log: false,
        }
    }
}

// === impl ObserveLayer ===

impl<P: Policy> ObserveLayer<P> {
    /// Records with `instruments` and with the tracer of `telemetry`.
    #[must_use]
    pub fn new(
        telemetry: &Telemetry,
        instruments: Instruments,
        policy: Arc<P>,
        options: ObserveOptions,
    ) -> Self {
        Self(Arc::new(Shared {
            policy,
            instruments,
            tracing: Arc::clone(&telemetry.tracing),
            replica: Replica::new(&telemetry.instance_id),
            in_flight: AtomicU32::new(0),
            max_in_flight: options.max_in_flight,
            access_log: options.access_log,
        }))
    }

    /// Like [`layer`](Layer::layer), for one connection: spans carry the address of its client.
    pub fn for_peer<S>(&self, inner: S, peer: SocketAddr) -> Observe<S, P> {
        Observe {
            peer: Some(peer),
            ..self.layer(inner)
        }
    }
}

impl<P> Clone for ObserveLayer<P> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S, P> Layer<S> for ObserveLayer<P> {
    type Service = Observe<S, P>;

    fn layer(&self, inner: S) -> Observe<S, P> {
        Observe {
            inner,
            shared: Arc::clone(&self.0),
            peer: None,
        }
    }
}

// === impl Observe ===

impl<S: Clone, P> Clone for Observe<S, P> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            shared: Arc::clone(&self.shared),
            peer: self.peer,
        }
    }
}

impl<S, P, RequestBody> Service<Request<RequestBody>> for Observe<S, P>
where
    S: Answer<RequestBody, P::Plan, Body: From<&'static str>>,
    P: Policy,
{
    type Response = Response<S::Body>;
    type Error = Infallible;
    type Future = ResponseFuture<S::Future, P>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    /// What is counted on entry is counted here, before the future is polled.
    fn call(&mut self, request: Request<RequestBody>) -> Self::Future {
        let policy = &self.shared.policy;
        let route = policy.route(request.method(), request.uri().path());
        if route.kind == RouteKind::Quiet {
            return ResponseFuture::quiet(self.inner.answer(request, None));
        }
        let mut observed = ObservedRequest::enter(&self.shared, &request, route.template);
        observed.describe_entry(&request, self.peer);
        if observed.is_above_limit {
            return ResponseFuture::refused(observed);
        }
        if route.kind == RouteKind::Timed {
            observed.start_timer(policy.plan(request.uri(), observed.trace_context()));
        }
        let (plan, inside) = (observed.plan(), observed.span_context());
        let answer = self.inner.answer(request, plan).with_context(inside);
        ResponseFuture::observed(answer, observed)
    }
}
