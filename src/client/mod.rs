//! The HTTP client of `load`, `verify` and `healthcheck`: bounded responses, and errors that name the URL.

mod args;
mod credentials;
mod destination;
mod failure;
mod http_config;
mod resolve;
mod tls;
mod verifier;

pub use args::{ClientArgs, config_file, parse_url, without_password};
pub use credentials::Credentials;
pub use destination::{Destination, Tokens};
pub use failure::{ClientError, Failure};

use std::{sync::Arc, time::Duration};

use http::HeaderMap;
use reqwest::{Response, Url, redirect::Policy};
use serde::de::DeserializeOwned;

/// How many characters of an unexpected body an error message shows.
const EXCERPT: usize = 120;

/// A client with keep-alive connections and a timeout, without redirects or proxies. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    /// Not the default headers of the library, which sends one of each name only.
    headers: HeaderMap,
    timeout: Duration,
}

/// A complete response.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as text; invalid UTF-8 is replaced.
    pub body: String,
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
        // reqwest panics without a default provider. Fails if one is installed already, which is fine.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = || {
            reqwest::Client::builder()
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
            headers: credentials.headers.clone(),
            timeout,
        })
    }

    /// The timeout of a request, from connecting to the last byte of the response.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// A GET of this URL; add headers, then [`send`](Self::send) it.
    pub fn get(&self, url: Url) -> reqwest::RequestBuilder {
        self.http.get(url).headers(self.headers.clone())
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
        self.fetch_request(self.get(url.clone()), limit)
            .await
            .map_err(|failure| ClientError::new(&without_password(url), failure))
    }

    async fn fetch_request(
        &self,
        request: reqwest::RequestBuilder,
        limit: usize,
    ) -> Result<Answer, Failure> {
        let mut response = self.send(request).await?;
        let mut body = Vec::new();
        read_body(&mut response, limit, |chunk| body.extend_from_slice(chunk)).await?;
        Ok(Answer {
            status: response.status().as_u16(),
            headers: std::mem::take(response.headers_mut()),
            body: String::from_utf8_lossy(&body).into_owned(),
        })
    }

    /// The body of the response to a GET.
    ///
    /// # Errors
    /// As [`fetch`](Self::fetch), and when the status is not 2xx.
    pub async fn text(&self, url: &Url, limit: usize) -> Result<String, ClientError> {
        let answer = self.fetch(url, limit).await?;
        if answer.is_success() {
            Ok(answer.body)
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
        let answer = self.fetch(url, limit).await?;
        if !answer.is_success() {
            return Err(answer.not_success(url));
        }
        serde_json::from_str(&answer.body).map_err(|error| answer.not_json(url, &error))
    }
}

impl Answer {
    fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    fn not_success(&self, url: &Url) -> ClientError {
        let failure = Failure::Status(self.status, excerpt(&self.body));
        ClientError::new(&without_password(url), failure)
    }

    /// Why this answer is not the expected JSON: its status unless that is 2xx, otherwise the parser's error.
    #[must_use]
    pub fn not_json(&self, url: &Url, error: &serde_json::Error) -> ClientError {
        if !self.is_success() {
            return self.not_success(url);
        }
        let reason = format!("{error}; it starts with `{}`", excerpt(&self.body));
        ClientError::new(&without_password(url), Failure::NotJson(reason))
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

/// The start of a body, on one line.
fn excerpt(text: &str) -> String {
    let line: String = text.trim().chars().take(EXCERPT).collect();
    line.replace(['\n', '\r'], " ")
}
