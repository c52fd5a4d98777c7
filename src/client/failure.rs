//! Why a request got no usable answer.

use std::{error::Error, io};

/// What went wrong, and with which URL.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{url}: {failure}")]
pub struct ClientError {
    url: String,
    /// What went wrong.
    pub failure: Failure,
}

/// Why there is no usable answer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Failure {
    /// The name has no address.
    #[error("the name cannot be resolved ({0})")]
    Resolve(String),
    /// Nobody answers at the address.
    #[error("cannot connect ({0})")]
    Connect(String),
    /// TLS could not be agreed on.
    #[error("no TLS connection ({0})")]
    Tls(String),
    /// `--timeout` is over.
    #[error("no whole answer in time (--timeout)")]
    Timeout,
    /// The connection was closed or reset before the whole answer was there.
    #[error("the connection ended before the answer did")]
    Reset,
    /// What came is no HTTP.
    #[error("the answer is no HTTP ({0})")]
    Protocol(String),
    /// The status is not 2xx; what the answer begins with.
    #[error("status {0}: {1}")]
    Status(u16, String),
    /// The answer is larger than this many bytes.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
    /// JSON was due.
    #[error("the answer is not the JSON that was due: {0}")]
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
    /// One word for it, to count by.
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

    /// Whether nothing at the address could be spoken to at all.
    #[must_use]
    pub fn is_unreachable(&self) -> bool {
        matches!(self, Self::Resolve(_) | Self::Connect(_) | Self::Tls(_))
    }

    /// What a client library's error means.
    #[must_use]
    pub fn of(error: &reqwest::Error) -> Self {
        let causes: Vec<&dyn Error> =
            std::iter::successors(error.source(), |cause| (*cause).source()).collect();
        let root = causes
            .last()
            .map_or_else(|| error.to_string(), ToString::to_string);
        if error.is_timeout() {
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

/// The reason may lie in an I/O error within an I/O error.
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
