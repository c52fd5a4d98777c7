//! The future of one request: completes the observation with the answer; dropped before that, the request is cancelled.

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::Response;
use opentelemetry::context::WithContext;
use pin_project_lite::pin_project;

use super::{policy::Policy, request::ObservedRequest};

pin_project! {
    /// The answer to one request.
    pub struct ResponseFuture<F, P: Policy> {
        #[pin]
        answer: Answer<F>,
        observed: Option<ObservedRequest<P>>,
    }
}

pin_project! {
    #[project = AnswerProjection]
    enum Answer<F> {
        Quiet { #[pin] inner: F },
        Observed { #[pin] inner: WithContext<F> },
        Refused,
    }
}

impl<F, P: Policy> ResponseFuture<F, P> {
    pub(super) fn quiet(inner: F) -> Self {
        Self {
            answer: Answer::Quiet { inner },
            observed: None,
        }
    }

    pub(super) fn observed(inner: WithContext<F>, observed: ObservedRequest<P>) -> Self {
        Self {
            answer: Answer::Observed { inner },
            observed: Some(observed),
        }
    }

    pub(super) fn refused(observed: ObservedRequest<P>) -> Self {
        Self {
            answer: Answer::Refused,
            observed: Some(observed),
        }
    }
}

impl<F, P, B> Future for ResponseFuture<F, P>
where
    F: Future<Output = Result<Response<B>, Infallible>>,
    P: Policy,
    B: From<&'static str>,
{
    type Output = Result<Response<B>, Infallible>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let response = match this.answer.project() {
            AnswerProjection::Quiet { inner } => return inner.poll(context),
            AnswerProjection::Observed { inner } => {
                let Ok(response) = ready!(inner.poll(context));
                Some(response)
            }
            AnswerProjection::Refused => None,
        };
        let Some(observed) = this.observed.take() else {
            return Poll::Pending; // polled again after it was ready
        };
        let response = response.unwrap_or_else(|| observed.refuse());
        Poll::Ready(Ok(observed.complete(response)))
    }
}
