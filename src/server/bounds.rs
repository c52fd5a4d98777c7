//! What a service and its answers must be to be served.

use std::error::Error;

use http::{Request, Response};
use hyper::body::{Body, Incoming};
use tower::Service;

/// Any error.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// A service that answers HTTP requests, and is always ready, as axum's `Router` is. Where it fails, its connection is closed
/// without an answer.
pub trait HttpService<B>:
    Service<
        Request<Incoming>,
        Response = Response<B>,
        Error: Into<BoxError> + Send,
        Future: Send + 'static,
    > + Clone
    + Send
    + 'static
{
}

impl<S, B> HttpService<B> for S where
    S: Service<
            Request<Incoming>,
            Response = Response<B>,
            Error: Into<BoxError> + Send,
            Future: Send + 'static,
        > + Clone
        + Send
        + 'static
{
}

/// The body of an answer.
pub trait HttpBody:
    Body<Data: Send, Error: Into<BoxError>> + From<&'static str> + Send + 'static
{
}

impl<B> HttpBody for B where
    B: Body<Data: Send, Error: Into<BoxError>> + From<&'static str> + Send + 'static
{
}
