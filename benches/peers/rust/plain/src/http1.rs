//! hyper's HTTP/1.1 with the limits of `src/server/limits.rs`, and the routes in hyper alone.

use std::{convert::Infallible, error::Error, time::Duration};

use http_body_util::Full;
use hyper::{
    Request, Response, StatusCode,
    body::{Body, Bytes, Incoming},
    header::{CONTENT_TYPE, HeaderValue},
    server::conn::http1,
    service::{HttpService, service_fn},
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;

const HEADER_TIMEOUT: Duration = Duration::from_secs(30);
const HEADER_BYTES: usize = 16_384;

/// Serves each connection with a clone of `service`.
pub async fn serve<S, B>(listener: TcpListener, service: S) -> anyhow::Result<()>
where
    S: HttpService<Incoming, ResBody = B, Future: Send, Error: Into<Box<dyn Error + Send + Sync>>>
        + Clone
        + Send
        + 'static,
    B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_buf_size(HEADER_BYTES)
        .half_close(false);
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        // It fails where a client resets the connection.
        tokio::spawn(builder.serve_connection(TokioIo::new(stream), service.clone()));
    }
}

pub fn images(
    delay: Duration,
) -> impl HttpService<Incoming, ResBody = Full<Bytes>, Future: Send, Error = Infallible>
+ Clone
+ Send
+ 'static {
    service_fn(move |request: Request<Incoming>| async move {
        Ok(match request.uri().path() {
            "/images" => {
                let body = Bytes::from_static(common::image(delay).await.0.as_bytes());
                let mut response = Response::new(Full::new(body));
                let html = HeaderValue::from_static("text/html; charset=utf-8");
                response.headers_mut().insert(CONTENT_TYPE, html);
                response
            }
            "/healthz" => Response::new(Full::new(Bytes::from_static(b"ok"))),
            _ => {
                let mut response = Response::default();
                *response.status_mut() = StatusCode::NOT_FOUND;
                response
            }
        })
    })
}
