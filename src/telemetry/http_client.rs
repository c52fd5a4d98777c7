//! The exporter's HTTP client: keeps the cause of a failure, which the exporter replaces by "network error".

use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
};

use http::{Request, Response};
use opentelemetry_http::{Bytes, HttpError};

use super::chain::chain;

/// The cause of the last failed request; shared by the client and the exporter that logs it.
#[derive(Clone, Debug, Default)]
pub struct LastError(Arc<Mutex<Option<String>>>);

impl LastError {
    /// The cause since the last call.
    pub fn take(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn set(&self, cause: Option<String>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = cause;
    }
}

/// A blocking client, as the batch span processor's thread needs.
#[derive(Debug)]
pub struct HttpClient {
    inner: reqwest::blocking::Client,
    last_error: LastError,
}

impl HttpClient {
    pub fn new(inner: reqwest::blocking::Client, last_error: LastError) -> Self {
        Self { inner, last_error }
    }
}

impl opentelemetry_http::HttpClient for HttpClient {
    fn send_bytes<'this, 'call>(
        &'this self,
        request: Request<Bytes>,
    ) -> Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send + 'call>>
    where
        'this: 'call,
        Self: 'call,
    {
        Box::pin(async move {
            let result = self.inner.send_bytes(request).await;
            let result = result.map_err(without_url);
            let cause = result.as_ref().err().map(|error| chain(error.as_ref()));
            self.last_error.set(cause);
            result
        })
    }
}

/// The error without the URL, whose query may be a secret; the endpoint is logged beside it.
fn without_url(error: HttpError) -> HttpError {
    match error.downcast::<reqwest::Error>() {
        Ok(error) => error.without_url().into(),
        Err(other) => other,
    }
}
