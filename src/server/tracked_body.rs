//! The body of an answer, which ends its request when the last of it is handed over.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use hyper::body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::in_flight::Entered;

pin_project! {
    /// A body, and the request that it keeps in flight.
    pub struct TrackedBody<B> {
        #[pin]
        inner: B,
        entered: Entered,
    }
}

impl<B> TrackedBody<B> {
    pub fn new(inner: B, entered: Entered) -> Self {
        Self { inner, entered }
    }
}

impl<B: Body> Body for TrackedBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        self.project().inner.poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
