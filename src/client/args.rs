//! HTTP client flags shared by `load` and `verify`; reading URLs and headers.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use clap::builder::{PathBufValueParser, TypedValueParser};
use http::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Certificate, Url};

use super::{ClientError, Failure};
use crate::delay::parse_positive_duration;

/// How requests are sent.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Requests")]
pub struct ClientArgs {
    /// Header to add to every request, to any server, such as 'Authorization: Bearer TOKEN'. Can be repeated
    #[arg(long, value_name = "NAME: VALUE", value_parser = header)]
    pub header: Vec<(HeaderName, HeaderValue)>,

    /// File of CA certificates (PEM) to trust in addition to the system's
    #[arg(long, value_name = "FILE", value_parser = PathBufValueParser::new().try_map(ca_file))]
    pub ca: Option<PathBuf>,

    /// Timeout of a request, from connecting to the last byte of the response
    #[arg(long, value_name = "DURATION", default_value = "65s", value_parser = parse_positive_duration)]
    pub timeout: Duration,
}

impl Default for ClientArgs {
    fn default() -> Self {
        Self {
            header: Vec::new(),
            ca: None,
            timeout: Duration::from_secs(65),
        }
    }
}

impl ClientArgs {
    pub(super) fn headers(&self) -> HeaderMap {
        self.header.iter().cloned().collect()
    }

    pub(super) fn certificates(&self) -> Result<Option<Vec<Certificate>>, ClientError> {
        let Some(path) = &self.ca else {
            return Ok(None);
        };
        let certificates = read_certificates(path).map_err(|reason| {
            ClientError::new(&format!("--ca {}", path.display()), Failure::Other(reason))
        })?;
        Ok(Some(certificates))
    }
}

/// Checked when flags are read: a wrong file is wrong usage, not a failed check.
fn ca_file(path: PathBuf) -> Result<PathBuf, String> {
    read_certificates(&path).map(|_| path)
}

fn read_certificates(path: &Path) -> Result<Vec<Certificate>, String> {
    let pem = std::fs::read(path).map_err(|error| format!("the file cannot be read: {error}"))?;
    let found = Certificate::from_pem_bundle(&pem).map_err(|error| error.to_string())?;
    if found.is_empty() {
        return Err("the file contains no certificate; expected PEM".to_owned());
    }
    Ok(found)
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
