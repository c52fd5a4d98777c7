//! HTTP client flags shared by `load` and `verify`; reading URLs and headers.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use clap::builder::{PathBufValueParser, TypedValueParser};
use http::{HeaderName, HeaderValue};
use reqwest::Url;
use rustls::pki_types::CertificateDer;

use super::{
    credentials::Credentials,
    destination::{Destination, Tokens},
    http_config,
    tls::{Authorities, certificates},
};
use crate::delay::parse_positive_duration;

/// How requests are sent.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Requests")]
pub struct ClientArgs {
    /// Header to add to each request to the target (/images, and /truth and /metrics beside it), and to no other server. Can be repeated
    #[arg(long, value_name = "NAME: VALUE", value_parser = header)]
    pub header: Vec<(HeaderName, HeaderValue)>,

    /// File of certificates (PEM) to trust for the target, in addition to the system's: of authorities, or its own
    #[arg(long, value_name = "FILE", value_parser = PathBufValueParser::new().try_map(ca_file))]
    pub ca: Option<PathBuf>,

    /// File of credentials for the target: headers and TLS, as in promtool's --http.config.file. A bearer token can be in the variable `HTTPSERVER_TARGET_TOKEN` instead
    #[arg(
        long,
        env = "HTTPSERVER_TARGET_HTTP_CONFIG",
        value_name = "FILE",
        value_parser = PathBufValueParser::new().try_map(config_file)
    )]
    pub target_http_config: Option<PathBuf>,

    /// Bearer tokens of the environment.
    #[arg(skip)]
    pub tokens: Tokens,

    /// Timeout of a request, from connecting to the last byte of the response
    #[arg(long, value_name = "DURATION", default_value = "65s", value_parser = parse_positive_duration)]
    pub timeout: Duration,
}

impl Default for ClientArgs {
    fn default() -> Self {
        Self {
            header: Vec::new(),
            ca: None,
            target_http_config: None,
            tokens: Tokens::default(),
            timeout: Duration::from_secs(65),
        }
    }
}

impl ClientArgs {
    /// The credentials of the target.
    ///
    /// # Errors
    /// When a file cannot be read or is wrong, or two of the flags contradict each other. No error shows a secret.
    pub fn credentials(&self) -> Result<Credentials, String> {
        let config = self.target_http_config.as_deref();
        let mut own = Destination::Target.credentials(config, &self.tokens)?;
        for (name, value) in &self.header {
            own.add(name.clone(), value.clone(), "--header")?;
        }
        if let Some(path) = &self.ca {
            if own.tls.authorities != Authorities::System {
                return Err(format!(
                    "both --ca and `tls_config.ca` in {} say whom to trust; keep one of them",
                    Destination::Target.config_flag()
                ));
            }
            let found = read_certificates(path);
            let found = found.map_err(|reason| format!("--ca {}: {reason}", path.display()))?;
            own.tls.authorities = Authorities::And(found);
        }
        Ok(own)
    }
}

/// Checked when flags are read: a wrong file is wrong usage, not a failed check.
fn ca_file(path: PathBuf) -> Result<PathBuf, String> {
    checked(path, |path| read_certificates(path).map(drop))
}

/// A file of credentials, checked when flags are read.
///
/// # Errors
/// When it cannot be read, or is wrong. No error shows a secret.
pub fn config_file(path: PathBuf) -> Result<PathBuf, String> {
    checked(path, |path| {
        http_config::read(path, &mut Credentials::default())
    })
}

/// A pipe, such as `<(command)`, can be read once only, and is checked when it is used.
fn checked(path: PathBuf, check: impl Fn(&Path) -> Result<(), String>) -> Result<PathBuf, String> {
    let is_stream = std::fs::metadata(&path).is_ok_and(|file| !file.is_file() && !file.is_dir());
    if !is_stream {
        check(&path)?;
    }
    Ok(path)
}

fn read_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let pem = std::fs::read(path).map_err(|error| format!("the file cannot be read: {error}"))?;
    certificates(&pem)
}

/// Reads an absolute `http://` or `https://` URL.
///
/// # Errors
/// When the text is not such a URL.
pub fn parse_url(given: &str) -> Result<Url, String> {
    let begins_with = |scheme: &str| {
        let start = given.get(..scheme.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    };
    if begins_with("http://") || begins_with("https://") {
        Url::parse(given).map_err(|error| error.to_string())
    } else {
        Err("must begin with http:// or https://".to_owned())
    }
}

/// The URL without its password, for output.
#[must_use]
pub fn without_password(url: &Url) -> String {
    let mut url = url.clone();
    // Fails only for URLs that cannot have a password.
    let _ = url.set_password(None);
    url.into()
}

fn header(given: &str) -> Result<(HeaderName, HeaderValue), String> {
    let (name, value) = given.split_once(':').ok_or("must be NAME: VALUE")?;
    let name: HeaderName = name
        .trim()
        .parse()
        .map_err(|_| "must have a valid header name before the colon")?;
    if name == "traceparent" {
        return Err("must not be traceparent: each request has its own".to_owned());
    }
    let mut value: HeaderValue = value
        .trim()
        .parse()
        .map_err(|_| "must have only printable ASCII characters after the colon")?;
    value.set_sensitive(true);
    Ok((name, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_that_cannot_be_sent_is_refused_without_its_value() {
        for bad in [
            "hunter2",
            "a b: hunter2",
            ": hunter2",
            "x: hunter2\u{1}",
            "Traceparent: hunter2",
        ] {
            let error = header(bad).unwrap_err();
            assert!(!error.contains("hunter2"), "{bad}: {error}");
        }
        let (name, value) = header("Authorization:  Bearer a:b ").unwrap();
        assert_eq!(
            (name.as_str(), value.as_bytes()),
            ("authorization", &b"Bearer a:b"[..])
        );
        assert!(!format!("{value:?}").contains("Bearer"), "{value:?}");
    }

    #[test]
    fn only_absolute_http_urls_are_read_and_no_password_is_shown() {
        for bad in [
            "",
            "localhost:8080",
            "ftp://a/",
            "http://",
            "http://a:99999/",
            "é://a",
        ] {
            assert!(parse_url(bad).is_err(), "{bad}");
        }
        let url = parse_url("HTTPS://me:hunter2@[::1]:8080/images").unwrap();
        assert_eq!(without_password(&url), "https://me@[::1]:8080/images");
    }
}
