//! The HTTP client of `load`, `verify` and `healthcheck`: bounded answers, and errors that name the URL.

mod args;
mod failure;
mod resolve;

pub use args::{ClientArgs, parse_url, without_password};
pub use failure::{ClientError, Failure};

use std::{sync::Arc, time::Duration};

use reqwest::{Response, Url, redirect::Policy};
use serde::de::DeserializeOwned;

/// How much of an unexpected answer an error repeats.
const EXCERPT: usize = 120;

/// A client that keeps its connections, follows no redirect, uses no proxy, and waits no longer than `--timeout`.
/// Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    timeout: Duration,
}

/// A whole answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The headers.
    pub headers: http::HeaderMap,
    /// The body, as text; what is not UTF-8 is replaced.
    pub body: String,
}

impl Client {
    /// Builds a client.
    ///
    /// # Errors
    /// When the `--ca` file cannot be read, or holds no certificate.
    pub fn new(args: &ClientArgs) -> Result<Self, ClientError> {
        // Only the first call in a process counts; the client panics without any.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = || {
            reqwest::Client::builder()
                .timeout(args.timeout)
                .default_headers(args.headers())
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
        let client = match args.certificates()? {
            Some(certificates) => builder().tls_certs_merge(certificates).build(),
            // An image without any CA still speaks plain HTTP: it trusts nobody.
            None => builder()
                .build()
                .or_else(|_| builder().tls_certs_only([]).build()),
        };
        Ok(Self {
            http: client.map_err(|error| ClientError::of("the client", &error))?,
            timeout: args.timeout,
        })
    }

    /// How long an answer may take, from connecting to its last byte.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// A GET of this URL, with the request's own headers, to be sent by [`send`](Self::send).
    pub fn get(&self, url: Url) -> reqwest::RequestBuilder {
        self.http.get(url)
    }

    /// Sends a request and returns as soon as the head of the answer is there.
    ///
    /// # Errors
    /// What kept it from being answered.
    pub async fn send(&self, request: reqwest::RequestBuilder) -> Result<Response, Failure> {
        request.send().await.map_err(|error| Failure::of(&error))
    }

    /// The whole answer to a GET, whatever its status.
    ///
    /// # Errors
    /// When there is none, or it is larger than `limit` bytes: an endless one is refused, too.
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
        while let Some(chunk) = response
            .chunk()
            .await
            .map_err(|error| Failure::of(&error))?
        {
            if body.len() + chunk.len() > limit {
                return Err(Failure::TooLarge(limit));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer {
            status: response.status().as_u16(),
            headers: std::mem::take(response.headers_mut()),
            body: String::from_utf8_lossy(&body).into_owned(),
        })
    }

    /// The text that a GET is answered with.
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

    /// The JSON that a GET is answered with.
    ///
    /// # Errors
    /// As [`text`](Self::text), and when the answer is not the JSON that was due: an HTML page, for one.
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
        let reason = format!("{error}; it begins with `{}`", excerpt(&self.body));
        ClientError::new(&without_password(url), Failure::NotJson(reason))
    }
}

fn excerpt(text: &str) -> String {
    let line: String = text.trim().chars().take(EXCERPT).collect();
    line.replace(['\n', '\r'], " ")
}
