//! Notes each scrape, and whether it was read whole.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{
    body::{Body, Bytes},
    extract::Request,
    middleware::Next,
    response::Response,
};
use http::{HeaderName, Method, StatusCode, header::USER_AGENT};
use hyper::body::{Frame, SizeHint};

use super::scrapers::{Connection, Scrape};

/// Sent by Prometheus, by its agents and by the collectors that scrape as it does; not by curl, by probes or by `verify`.
const TIMEOUT: HeaderName = HeaderName::from_static("x-prometheus-scrape-timeout-seconds");

/// Answers a request of `/metrics`. Its connection is among its extensions.
pub async fn note(request: Request, next: Next) -> Response {
    let scrape = begin(&request);
    let response = next.run(request).await;
    match scrape {
        Some(scrape) if response.status() == StatusCode::OK => response.map(|inner| {
            Body::new(ScrapedBody {
                inner,
                scrape: Some(scrape),
            })
        }),
        _ => response,
    }
}

fn begin(request: &Request) -> Option<Scrape> {
    let is_scrape = request.method() == Method::GET && request.headers().contains_key(TIMEOUT);
    let connection = request.extensions().get::<Arc<Connection>>();
    let connection = connection.filter(|_| is_scrape)?;
    let agent = request.headers().get(USER_AGENT);
    let agent = agent.and_then(|agent| agent.to_str().ok());
    Some(Arc::clone(connection).begin(agent.unwrap_or_default()))
}

/// The body of a scrape, which is noted as read where the last of it is handed over.
struct ScrapedBody {
    inner: Body,
    scrape: Option<Scrape>,
}

impl hyper::body::Body for ScrapedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.inner).poll_frame(context);
        let is_last = match &polled {
            Poll::Pending | Poll::Ready(Some(Err(_))) => false,
            Poll::Ready(None) => true,
            Poll::Ready(Some(Ok(_))) => self.inner.is_end_stream(),
        };
        if is_last && let Some(scrape) = self.scrape.take() {
            scrape.end();
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
