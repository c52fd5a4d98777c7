//! Why a run is not begun.

use std::fmt::Display;

use crate::{client::Failure, exit::Exit};

/// Nothing was sent, for this reason.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{reason}")]
pub struct Refusal {
    pub reason: String,
    pub exit: Exit,
}

impl Refusal {
    /// A flag names an address that waiting does not make right.
    pub fn source(flag: &str, error: &impl Display, remedy: &str) -> Self {
        Self::usage(format!(
            "no request was sent, because {flag} is wrong: {error}; {remedy}"
        ))
    }

    /// Something on the command line is wrong.
    pub fn usage(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            exit: Exit::Usage,
        }
    }
}

/// What to do about a failure that waiting does not cure: a wrong address or a missing credential. `None` for one that
/// may be an outage.
pub fn remedy(failure: &Failure) -> Option<&'static str> {
    match failure {
        Failure::Status(408 | 425 | 429, _) => None,
        Failure::Status(401 | 403 | 407, _) => {
            Some("give credentials in the URL (http://NAME:PASSWORD@HOST) or with --header")
        }
        Failure::Status(300..500, _)
        | Failure::NotJson(_)
        | Failure::Protocol(_)
        | Failure::TooLarge(_) => Some("is this the base URL of its HTTP API?"),
        Failure::Tls(_) => Some("is the scheme of the URL right? --ca FILE adds an authority"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_an_outage_has_no_remedy() {
        let status = |status| Failure::Status(status, String::new());
        for outage in [408, 429, 500, 502, 503, 504] {
            assert_eq!(remedy(&status(outage)), None, "{outage}");
        }
        for failure in [
            Failure::Timeout,
            Failure::Reset,
            Failure::Connect(String::new()),
        ] {
            assert_eq!(remedy(&failure), None, "{failure}");
        }
        assert!(remedy(&status(401)).unwrap().contains("--header"));
        for wrong in [302, 400, 404, 410] {
            assert!(
                remedy(&status(wrong)).unwrap().contains("base URL"),
                "{wrong}"
            );
        }
    }
}
