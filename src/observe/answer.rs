//! What answers the requests that a layer observes.

use std::{
    convert::Infallible,
    future::Future,
    task::{Context, Poll},
};

use http::{Request, Response};
use tower::Service;

/// What answers observed requests. A tower service does, such as axum's `Router`; it finds the plan of a timed request in the
/// request's extensions.
pub trait Answer<RequestBody, Plan> {
    /// The body of an answer.
    type Body;
    /// The answer to one request.
    type Future: Future<Output = Result<Response<Self::Body>, Infallible>>;

    /// Whether it can take a request.
    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    /// Answers one request. Those of timed routes have a plan.
    fn answer(&mut self, request: Request<RequestBody>, plan: Option<&Plan>) -> Self::Future;
}

impl<S, RequestBody, Body, Plan> Answer<RequestBody, Plan> for S
where
    S: Service<Request<RequestBody>, Response = Response<Body>, Error = Infallible>,
    Plan: Clone + Send + Sync + 'static,
{
    type Body = Body;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Service::poll_ready(self, context)
    }

    fn answer(&mut self, mut request: Request<RequestBody>, plan: Option<&Plan>) -> S::Future {
        if let Some(plan) = plan {
            request.extensions_mut().insert(plan.clone());
        }
        self.call(request)
    }
}
