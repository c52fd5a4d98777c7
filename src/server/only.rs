//! A service that answers some paths alone.

use std::{
    future::{Ready, ready},
    task::{Context, Poll},
};

use futures_util::{
    TryFutureExt,
    future::{Either, MapErr},
};
use http::Request;
use tower::Service;

use super::bounds::BoxError;

/// A service that answers some paths alone, and fails otherwise.
#[derive(Clone, Debug)]
pub struct Only<S> {
    pub inner: S,
    pub paths: &'static [&'static str],
}

#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("it is shutting down")]
struct ShuttingDown;

impl<S, B> Service<Request<B>> for Only<S>
where
    S: Service<Request<B>, Error: Into<BoxError>>,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future =
        Either<MapErr<S::Future, fn(S::Error) -> BoxError>, Ready<Result<S::Response, BoxError>>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        if self.paths.contains(&request.uri().path()) {
            Either::Left(self.inner.call(request).map_err(Into::into))
        } else {
            Either::Right(ready(Err(ShuttingDown.into())))
        }
    }
}
