//! What a service and its answers must be to be served.

use std::{convert::Infallible, error::Error};

use http::{Request, Response};
use hyper::body::{Body, Incoming};
use tower::Service;

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
    Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + From<&'static str> + Send + 'static
{
}

impl<B> HttpBody for B where
    B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>>
        + From<&'static str>
        + Send
        + 'static
{
}
