//! The flags of every command that asks somebody something.

use std::{path::PathBuf, time::Duration};

use http::{HeaderMap, HeaderName, HeaderValue};
use reqwest::Certificate;

use super::{ClientError, Failure};
use crate::delay::parse_duration;

/// How requests are sent.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Requests")]
pub struct ClientArgs {
    /// A header of every request, such as 'Authorization: Bearer TOKEN'. Can be repeated
    #[arg(long, value_name = "NAME: VALUE", value_parser = header)]
    pub header: Vec<(HeaderName, HeaderValue)>,

    /// A file of certificates (PEM) to trust beside the system's
    #[arg(long, value_name = "FILE")]
    pub ca: Option<PathBuf>,

    /// How long an answer may take, from connecting to its last byte
    #[arg(long, value_name = "DURATION", default_value = "65s", value_parser = parse_duration)]
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
        let refused =
            |reason| ClientError::new(&format!("--ca {}", path.display()), Failure::Other(reason));
        let pem = std::fs::read(path).map_err(|error| refused(error.to_string()))?;
        let certificates =
            Certificate::from_pem_bundle(&pem).map_err(|error| refused(error.to_string()))?;
        if certificates.is_empty() {
            return Err(refused("holds no certificate".to_owned()));
        }
        Ok(Some(certificates))
    }
}

fn header(given: &str) -> Result<(HeaderName, HeaderValue), String> {
    let (name, value) = given.split_once(':').ok_or("must be NAME: VALUE")?;
    let name = name
        .trim()
        .parse()
        .map_err(|_| format!("`{name}` is no header name"))?;
    let mut value: HeaderValue = value
        .trim()
        .parse()
        .map_err(|_| "the value holds what a header must not")?;
    value.set_sensitive(true);
    Ok((name, value))
}
