//! Why a request failed.

use std::{error::Error, io};

/// What went wrong, and with which URL.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{url}: {failure}")]
pub struct ClientError {
    url: String,
    /// What went wrong.
    pub failure: Failure,
}

/// Why a request failed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Failure {
    /// The name has no address.
    #[error("the name cannot be resolved ({0})")]
    Resolve(String),
    /// The address refuses connections or does not respond.
    #[error("cannot connect ({0})")]
    Connect(String),
    /// The TLS handshake failed.
    #[error("TLS handshake failed ({0})")]
    Tls(String),
    /// The response was not complete within `--timeout`.
    #[error("timed out (--timeout)")]
    Timeout,
    /// The connection was closed or reset before the response was complete.
    #[error("connection closed before the response was complete")]
    Reset,
    /// The response was not valid HTTP.
    #[error("the response is not valid HTTP ({0})")]
    Protocol(String),
    /// The status is not 2xx; the start of the body.
    #[error("status {0}: {1}")]
    Status(u16, String),
    /// The body is larger than this many bytes.
    #[error("the response is larger than {0} bytes")]
    TooLarge(usize),
    /// The body is not the expected JSON.
    #[error("the response is not the expected JSON: {0}")]
    NotJson(String),
    /// Anything else.
    #[error("{0}")]
    Other(String),
}

impl ClientError {
    pub(super) fn new(url: &str, failure: Failure) -> Self {
        let url = url.to_owned();
        Self { url, failure }
    }

    pub(super) fn of(url: &str, error: &reqwest::Error) -> Self {
        Self::new(url, Failure::of(error))
    }
}

impl Failure {
    /// One word, to count by.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Resolve(_) => "resolve",
            Self::Connect(_) => "connect",
            Self::Tls(_) => "tls",
            Self::Timeout => "timeout",
            Self::Reset => "reset",
            Self::Protocol(_) => "protocol",
            Self::Status(..) => "status",
            Self::TooLarge(_) => "too_large",
            Self::NotJson(_) => "not_json",
            Self::Other(_) => "other",
        }
    }

    /// Whether no connection could be established.
    #[must_use]
    pub fn is_unreachable(&self) -> bool {
        matches!(self, Self::Resolve(_) | Self::Connect(_) | Self::Tls(_))
    }

    /// Whether the server may be away for a moment.
    pub(super) fn is_outage(&self) -> bool {
        matches!(
            self,
            Self::Resolve(_) | Self::Connect(_) | Self::Timeout | Self::Reset
        )
    }

    /// Classifies an error of the HTTP library.
    #[must_use]
    pub fn of(error: &reqwest::Error) -> Self {
        let causes: Vec<&dyn Error> =
            std::iter::successors(error.source(), |cause| (*cause).source()).collect();
        let root = causes
            .last()
            .map_or_else(|| error.to_string(), ToString::to_string);
        if error.is_connect() && error.is_timeout() {
            Self::Connect("no response".to_owned())
        } else if error.is_timeout() {
            Self::Timeout
        } else if error.is_dns() {
            Self::Resolve(root)
        } else if causes.iter().copied().any(is_tls) {
            Self::Tls(root)
        } else if error.is_connect() {
            Self::Connect(root)
        } else if causes.iter().copied().any(is_reset) {
            Self::Reset
        } else if causes.iter().any(|cause| cause.is::<hyper::Error>()) {
            Self::Protocol(root)
        } else {
            Self::Other(root)
        }
    }
}

/// The TLS error may be nested in several I/O errors.
fn is_tls(cause: &(dyn Error + 'static)) -> bool {
    let inside = || {
        cause
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref)
    };
    cause.is::<rustls::Error>() || inside().is_some_and(|inner| is_tls(inner))
}

fn is_reset(cause: &(dyn Error + 'static)) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    cause
        .downcast_ref::<hyper::Error>()
        .is_some_and(|error| error.is_incomplete_message() || error.is_closed())
        || cause.downcast_ref::<io::Error>().is_some_and(|error| {
            matches!(
                error.kind(),
                BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof
            )
        })
}
