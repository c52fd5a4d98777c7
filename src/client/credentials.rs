//! What one destination gets and must be: headers, certificates. Its `Debug` shows none of them.

use std::{fmt, path::Path};

use http::{HeaderMap, HeaderName, HeaderValue, header::AUTHORIZATION};
use reqwest::Url;

use super::{
    destination::{Destination, Tokens},
    http_config,
    tls::Tls,
};

/// The credentials of one destination.
#[derive(Clone, Default)]
pub struct Credentials {
    pub(super) headers: HeaderMap,
    /// What gave the header `Authorization`.
    authorized_by: Option<String>,
    pub(super) tls: Tls,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").finish_non_exhaustive()
    }
}

impl Credentials {
    /// Reads those of a destination from its file and from its variable.
    ///
    /// # Errors
    /// When the file is wrong, or both give the header `Authorization`. No error shows a secret.
    pub fn read(
        destination: Destination,
        config: Option<&Path>,
        tokens: &Tokens,
    ) -> Result<Self, String> {
        let mut own = Self::default();
        if let Some(path) = config {
            let flag = destination.config_flag();
            let read = http_config::read(path, &mut own);
            read.map_err(|reason| format!("{flag} {}: {reason}", path.display()))?;
        }
        if let Some(token) = tokens.of(destination) {
            own.authorize(token.clone(), &destination.token_variable())?;
        }
        Ok(own)
    }

    /// Refuses a URL with a user of its own where these credentials would replace it.
    ///
    /// # Errors
    /// When both give the header `Authorization`.
    pub fn check(&self, destination: Destination, url: &Url) -> Result<(), String> {
        match &self.authorized_by {
            Some(by) if !url.username().is_empty() || url.password().is_some() => Err(twice(
                by,
                &format!("the user in the URL of {}", destination.flag()),
            )),
            _ => Ok(()),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.headers.is_empty() && self.tls.is_usual()
    }

    /// Adds a header; `Authorization` once only.
    pub(super) fn add(
        &mut self,
        name: HeaderName,
        value: HeaderValue,
        by: &str,
    ) -> Result<(), String> {
        if name == AUTHORIZATION {
            return self.authorize(value, by);
        }
        self.headers.append(name, value);
        Ok(())
    }

    /// Adds the header `Authorization`.
    pub(super) fn authorize(&mut self, value: HeaderValue, by: &str) -> Result<(), String> {
        if let Some(other) = &self.authorized_by {
            return Err(twice(other, by));
        }
        self.authorized_by = Some(by.to_owned());
        self.headers.insert(AUTHORIZATION, value);
        Ok(())
    }
}

fn twice(one: &str, other: &str) -> String {
    format!("both {one} and {other} give the header Authorization; keep one of them")
}

/// `Bearer TOKEN`.
pub(super) fn bearer(token: &str) -> Result<HeaderValue, String> {
    header_value(&format!("Bearer {token}"))
}

/// A value that no `Debug` shows.
pub(super) fn header_value(text: &str) -> Result<HeaderValue, String> {
    let value = HeaderValue::from_str(text);
    let mut value = value
        .map_err(|_| "has a character that a header cannot have (a line break?)".to_owned())?;
    value.set_sensitive(true);
    Ok(value)
}
