//! The HTTP client of `load`, `verify` and `healthcheck`: bounded responses, and errors that name the URL.

mod answer;
mod args;
mod credentials;
mod destination;
mod failure;
mod headers;
mod http_config;
mod patience;
mod resolve;
mod tls;
mod verifier;

pub use answer::Answer;
pub use args::{ClientArgs, config_file, parse_url, without_password};
pub use credentials::Credentials;
pub use destination::{Destination, Tokens};
pub use failure::{ClientError, Failure};
pub use patience::Patience;

use std::{sync::Arc, time::Duration};

use headers::Headers;
use http::header::ACCEPT;
use reqwest::{Response, Url, redirect::Policy};
use serde::de::DeserializeOwned;

/// A client with keep-alive connections and a timeout, without redirects or proxies. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    /// Not the default headers of the library, which sends one of each name only.
    headers: Headers,
    timeout: Duration,
    /// Where complete responses are asked for again.
    patience: Option<Patience>,
}

impl Client {
    /// Builds a client of the target.
    ///
    /// # Errors
    /// When its credentials cannot be read, or are wrong.
    pub fn new(args: &ClientArgs) -> Result<Self, ClientError> {
        let credentials = args.credentials();
        let other = |reason| ClientError::new("the client", Failure::Other(reason));
        Self::with(&credentials.map_err(other)?, args.timeout)
    }

    /// Builds a client that has these credentials.
    ///
    /// # Errors
    /// When they are wrong.
    pub fn with(credentials: &Credentials, timeout: Duration) -> Result<Self, ClientError> {
        Self::connecting_within(None, credentials, timeout)
    }

    /// The same, which gives up sooner where the server does not take the connection.
    ///
    /// # Errors
    /// When the credentials are wrong.
    pub fn connecting_within(
        connect_timeout: Option<Duration>,
        credentials: &Credentials,
        timeout: Duration,
    ) -> Result<Self, ClientError> {
        // reqwest panics without a default provider. Fails if one is installed already, which is fine.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = || {
            let builder = reqwest::Client::builder();
            let builder = match connect_timeout {
                Some(connect_timeout) => builder.connect_timeout(connect_timeout),
                None => builder,
            };
            builder
                .timeout(timeout)
                .user_agent(concat!(
                    env!("CARGO_PKG_NAME"),
                    "/",
                    env!("CARGO_PKG_VERSION")
                ))
                .redirect(Policy::none())
                .tcp_nodelay(true)
                .no_proxy()
                .dns_resolver(Arc::new(resolve::Resolver::default()))
        };
        let other = |reason| ClientError::new("the client", Failure::Other(reason));
        let client = match credentials.tls.config().map_err(other)? {
            Some(tls) => builder().tls_backend_preconfigured(tls).build(),
            // Images without CA certificates can still use plain HTTP.
            None => builder()
                .build()
                .or_else(|_| builder().tls_certs_only([]).build()),
        };
        Ok(Self {
            http: client.map_err(|error| ClientError::of("the client", &error))?,
            headers: Headers::new(credentials.headers.clone()),
            timeout,
            patience: None,
        })
    }

    /// The same, which asks again for a complete response, as long as this allows.
    #[must_use]
    pub fn patient(self, patience: &Patience) -> Self {
        Self {
            patience: Some(patience.clone()),
            ..self
        }
    }

    /// The same, whose headers are read again in this way when a server answers with 401.
    #[must_use]
    pub fn renewed_by(
        self,
        read: impl Fn() -> Result<Credentials, String> + Send + Sync + 'static,
    ) -> Self {
        let headers = self.headers.read_by(read);
        Self { headers, ..self }
    }

    /// The same, with the headers that the other one has at each time.
    #[must_use]
    pub fn with_headers_of(self, other: &Self) -> Self {
        let headers = other.headers.clone();
        Self { headers, ..self }
    }

    /// The timeout of a request, from connecting to the last byte of the response.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// A GET of this URL; add headers, then [`send`](Self::send) it.
    pub fn get(&self, url: Url) -> reqwest::RequestBuilder {
        self.http.get(url).headers(self.headers.current())
    }

    /// Sends a request and returns once the head of the response has been received.
    ///
    /// # Errors
    /// When the request fails.
    pub async fn send(&self, request: reqwest::RequestBuilder) -> Result<Response, Failure> {
        request.send().await.map_err(|error| Failure::of(&error))
    }

    /// The complete response to a GET, whatever its status.
    ///
    /// # Errors
    /// When the request fails, or the body is larger than `limit` bytes.
    pub async fn fetch(&self, url: &Url, limit: usize) -> Result<Answer, ClientError> {
        self.fetch_as(url, None, limit).await
    }

    /// The same, in this media type.
    ///
    /// # Errors
    /// As [`fetch`](Self::fetch).
    pub async fn fetch_as(
        &self,
        url: &Url,
        accept: Option<&str>,
        limit: usize,
    ) -> Result<Answer, ClientError> {
        let attempt = async || {
            let refused = self.headers.current();
            let answer = self.fetch_once(url, accept, limit).await?;
            if answer.status == 401 && self.headers.renew(&refused).await {
                return self.fetch_once(url, accept, limit).await;
            }
            Ok(answer)
        };
        let answer = match &self.patience {
            Some(patience) => patience.ask(&shown(url), attempt).await,
            None => attempt().await,
        };
        answer.map_err(|failure| ClientError::new(&without_password(url), failure))
    }

    async fn fetch_once(
        &self,
        url: &Url,
        accept: Option<&str>,
        limit: usize,
    ) -> Result<Answer, Failure> {
        let mut request = self.get(url.clone());
        if let Some(accept) = accept {
            request = request.header(ACCEPT, accept);
        }
        let mut response = self.send(request).await?;
        let mut body = Vec::new();
        read_body(&mut response, limit, |chunk| body.extend_from_slice(chunk)).await?;
        Ok(Answer {
            status: response.status().as_u16(),
            headers: std::mem::take(response.headers_mut()),
            body,
        })
    }

    /// The body of the response to a GET.
    ///
    /// # Errors
    /// As [`fetch`](Self::fetch), and when the status is not 2xx.
    pub async fn text(&self, url: &Url, limit: usize) -> Result<String, ClientError> {
        Ok(self.success(url, limit).await?.text())
    }

    /// The response to a GET.
    ///
    /// # Errors
    /// As [`text`](Self::text).
    pub async fn success(&self, url: &Url, limit: usize) -> Result<Answer, ClientError> {
        let answer = self.fetch(url, limit).await?;
        if answer.is_success() {
            Ok(answer)
        } else {
            Err(answer.not_success(url))
        }
    }

    /// The JSON of the response to a GET.
    ///
    /// # Errors
    /// As [`text`](Self::text), and when the body is not the expected JSON.
    pub async fn json<T: DeserializeOwned>(
        &self,
        url: &Url,
        limit: usize,
    ) -> Result<T, ClientError> {
        let answer = self.success(url, limit).await?;
        serde_json::from_slice(&answer.body).map_err(|error| answer.not_json(url, &error))
    }
}

/// Passes each chunk of the body to `sink`.
///
/// # Errors
/// When the connection fails, or more than `limit` bytes arrive: an endless body is refused, too.
pub async fn read_body(
    response: &mut Response,
    limit: usize,
    mut sink: impl FnMut(&[u8]),
) -> Result<(), Failure> {
    let mut left = limit;
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|error| Failure::of(&error))?
    {
        left = left
            .checked_sub(chunk.len())
            .ok_or(Failure::TooLarge(limit))?;
        sink(&chunk);
    }
    Ok(())
}

/// The URL without its password and query.
fn shown(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    without_password(&url)
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests;
