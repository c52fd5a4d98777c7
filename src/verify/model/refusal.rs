//! Why a run is not begun.

use std::fmt::Display;

use crate::{
    client::{Destination, Failure},
    exit::Exit,
};

/// Nothing was sent, for this reason.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{}{reason}", if *exit == Exit::Unreachable { "no request was sent, because " } else { "" })]
pub struct Refusal {
    pub reason: String,
    pub exit: Exit,
}

impl Refusal {
    /// A destination does not give what it is asked first.
    pub fn of(destination: Destination, error: &impl Display, remedy: &str) -> Self {
        Self {
            reason: format!("{} cannot be used: {error}; {remedy}", destination.flag()),
            exit: Exit::Unreachable,
        }
    }

    /// The user did not want to wait for the load.
    pub fn interrupted() -> Self {
        Self {
            reason: "it was interrupted before the load".to_owned(),
            exit: Exit::Unreachable,
        }
    }

    /// Something on the command line is wrong.
    pub fn usage(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            exit: Exit::Usage,
        }
    }
}

/// Whether the destination refuses the credentials, or the absence of them.
pub fn is_denied(failure: &Failure) -> bool {
    matches!(failure, Failure::Status(401 | 403 | 407, _))
}

/// Whether a status says that the server is overloaded, or away for a moment.
pub fn is_busy(status: u16) -> bool {
    matches!(status, 408 | 425 | 429 | 500..)
}

/// What to do where a destination cannot be asked.
pub fn remedy(destination: Destination, failure: &Failure) -> String {
    let config = destination.config_flag();
    let more = match destination {
        Destination::Target => [", --header", ", --ca"],
        _ => ["", ""],
    };
    match failure {
        failure if is_denied(failure) => format!(
            "are its credentials right? They are taken from {config} FILE, the variable {}{}, or the URL (http://NAME:PASSWORD@HOST)",
            destination.token_variable(),
            more[0]
        ),
        Failure::Tls(_) => format!(
            "is the scheme of the URL right? `tls_config` in {config} FILE names whom to trust (`ca_file`{}) and the client's own certificate (`cert_file`, `key_file`)",
            more[1]
        ),
        Failure::Status(429 | 503, _) => {
            "it is overloaded, or limits the rate of requests: try again later".to_owned()
        }
        Failure::Status(status, _) if is_busy(*status) => {
            "is it running, and is this its address?".to_owned()
        }
        Failure::Resolve(_)
        | Failure::Connect(_)
        | Failure::Timeout
        | Failure::Reset
        | Failure::Other(_) => "is it running, and is this its address?".to_owned(),
        Failure::NotJson(_) => format!(
            "is this the base URL of its HTTP API? A page to log in needs credentials in its place: {config} FILE"
        ),
        Failure::Status(..) | Failure::Protocol(_) | Failure::TooLarge(_) => {
            "is this the base URL of its HTTP API?".to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_has_a_remedy_that_fits() {
        let status = |status| Failure::Status(status, String::new());
        let traces = |failure| remedy(Destination::Traces, &failure);
        for failure in [status(502), Failure::Timeout, Failure::Reset] {
            assert!(traces(failure).contains("is it running"));
        }
        for busy in [429, 503] {
            assert!(traces(status(busy)).contains("try again later"));
        }
        for wrong in [302, 400, 404, 410] {
            assert!(traces(status(wrong)).contains("base URL"), "{wrong}");
        }
        let denied = traces(status(401));
        for word in ["--traces-http-config FILE", "HTTPSERVER_TRACES_TOKEN"] {
            assert!(denied.contains(word), "{denied}");
        }
        assert!(!denied.contains("--header"), "{denied}");
        assert!(remedy(Destination::Target, &status(403)).contains("--header"));
        assert!(traces(Failure::Tls(String::new())).contains("ca_file"));
    }
}
