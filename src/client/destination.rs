//! The servers that requests go to, each with credentials of its own; and the bearer tokens that variables hold.

use std::{ffi::OsString, path::Path};

use http::HeaderValue;
use reqwest::Url;

use super::{
    credentials::{Credentials, bearer, twice},
    http_config,
};

/// A server with credentials of its own, by the flag that names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destination {
    /// The service, with its `/truth`, and with its `/metrics` unless those are another destination.
    Target,
    /// Metrics of replicas at another origin than the target.
    Metrics,
    /// The Prometheus that scrapes the service.
    Prometheus,
    /// The Prometheus behind another store.
    Scraper,
    /// The store that a Prometheus writes to.
    Remote,
    /// The store that receives its spans.
    Traces,
}

impl Destination {
    /// Every one.
    pub const ALL: [Self; 6] = [
        Self::Target,
        Self::Metrics,
        Self::Prometheus,
        Self::Scraper,
        Self::Remote,
        Self::Traces,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Target => "target",
            Self::Metrics => "metrics",
            Self::Prometheus => "prometheus",
            Self::Scraper => "scraper",
            Self::Remote => "remote",
            Self::Traces => "traces",
        }
    }

    /// The flag of its URL.
    #[must_use]
    pub fn flag(self) -> String {
        format!("--{}", self.name())
    }

    /// The flag of its file of credentials.
    #[must_use]
    pub fn config_flag(self) -> String {
        format!("--{}-http-config", self.name())
    }

    /// The variable of its bearer token.
    #[must_use]
    pub fn token_variable(self) -> String {
        format!("HTTPSERVER_{}_TOKEN", self.name().to_uppercase())
    }

    /// Every variable of its bearer token; the first one that is set is taken.
    #[must_use]
    pub fn token_variables(self) -> Vec<String> {
        let other = matches!(self, Self::Traces).then(|| "HTTPSERVER_JAEGER_TOKEN".to_owned());
        [self.token_variable()].into_iter().chain(other).collect()
    }

    /// Reads its credentials from its file and from its variable.
    ///
    /// # Errors
    /// When the file is wrong, or both give the header `Authorization`. No error shows a secret.
    pub fn credentials(
        self,
        config: Option<&Path>,
        tokens: &Tokens,
    ) -> Result<Credentials, String> {
        let mut own = Credentials::default();
        if let Some(path) = config {
            let flag = self.config_flag();
            let read = http_config::read(path, &mut own);
            read.map_err(|reason| format!("{flag} {}: {reason}", path.display()))?;
        }
        if let Some(token) = tokens.of(self) {
            own.authorize(token.clone(), &self.token_variable())?;
        }
        Ok(own)
    }

    /// Refuses a URL with a user of its own where these credentials would replace it.
    ///
    /// # Errors
    /// When both give the header `Authorization`.
    pub fn check(self, url: &Url, own: &Credentials) -> Result<(), String> {
        match own.authorized_by() {
            Some(by) if !url.username().is_empty() || url.password().is_some() => Err(twice(
                by,
                &format!("the user in the URL of {}", self.flag()),
            )),
            _ => Ok(()),
        }
    }
}

/// Bearer tokens of variables. They have no flags: other users of a machine can read the arguments of a process.
#[derive(Clone, Debug, Default)]
pub struct Tokens(Vec<(Destination, HeaderValue)>);

impl Tokens {
    /// Reads the variables of these destinations; one that is empty is unset.
    ///
    /// # Errors
    /// When a value cannot be sent in a header; names the variable, not the value.
    pub fn read(
        destinations: &[Destination],
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Self, String> {
        let mut tokens = Vec::new();
        for destination in destinations {
            for name in destination.token_variables() {
                let value = variable(&name).unwrap_or_default();
                let value = value.to_string_lossy();
                if !value.trim().is_empty() {
                    let token = bearer(value.trim());
                    let token = token.map_err(|reason| format!("{name} {reason}"))?;
                    tokens.push((*destination, token));
                }
            }
        }
        Ok(Self(tokens))
    }

    pub(super) fn of(&self, destination: Destination) -> Option<&HeaderValue> {
        let mut own = self.0.iter().filter(|(of, _)| *of == destination);
        own.next().map(|(_, token)| token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_for_its_destination_alone_and_never_shown() {
        let variable = |name: &str| match name {
            "HTTPSERVER_JAEGER_TOKEN" => Some(" hunter2\n".into()),
            "HTTPSERVER_METRICS_TOKEN" => Some(" ".into()),
            "HTTPSERVER_PROMETHEUS_TOKEN" => Some("hunter2\u{1}".into()),
            _ => None,
        };
        let three = [
            Destination::Target,
            Destination::Metrics,
            Destination::Traces,
        ];
        let tokens = Tokens::read(&three, variable).unwrap();
        let token = tokens.of(Destination::Traces).unwrap();
        assert_eq!(token.as_bytes(), b"Bearer hunter2");
        for other in [Destination::Target, Destination::Metrics] {
            assert!(tokens.of(other).is_none());
        }
        assert!(!format!("{tokens:?}").contains("hunter2"));
        let error = Tokens::read(&Destination::ALL, variable).unwrap_err();
        assert!(error.starts_with("HTTPSERVER_PROMETHEUS_TOKEN "), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
    }
}
