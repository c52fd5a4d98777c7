//! A complete response, and why it is not what was asked for.

use std::time::SystemTime;

use http::{
    HeaderMap, HeaderName,
    header::{DATE, RETRY_AFTER},
};
use reqwest::Url;

use super::{
    args::without_password,
    failure::{ClientError, Failure},
};

/// How many characters of an unexpected body an error message shows.
const EXCERPT: usize = 120;

/// A complete response.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as text; invalid UTF-8 is replaced.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// When it was made, by the clock of the server.
    #[must_use]
    pub fn date(&self) -> Option<SystemTime> {
        self.date_in(DATE)
    }

    /// The date in this header.
    pub(super) fn date_in(&self, name: HeaderName) -> Option<SystemTime> {
        let text = self.headers.get(name)?.to_str().ok()?;
        httpdate::parse_http_date(text.trim()).ok()
    }

    /// Whether the status is 2xx.
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    pub(super) fn not_success(&self, url: &Url) -> ClientError {
        let mut reason = excerpt(&self.body);
        if let Some(pause) = self.headers.get(RETRY_AFTER) {
            reason = format!("Retry-After: {}; {reason}", pause.to_str().unwrap_or("?"));
        }
        let failure = Failure::Status(self.status, reason);
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

/// The start of a body, on one line.
fn excerpt(body: &[u8]) -> String {
    let start = body.get(..8 * EXCERPT).unwrap_or(body);
    let text = String::from_utf8_lossy(start);
    let line: String = text.trim().chars().take(EXCERPT).collect();
    line.replace(['\n', '\r'], " ")
}
