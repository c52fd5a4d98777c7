//! What one destination gets and must be: headers, certificates. Its `Debug` shows none of them.

use std::fmt;

use http::{HeaderMap, HeaderName, HeaderValue, header::AUTHORIZATION};

use super::tls::Tls;

/// The credentials of one destination.
#[derive(Clone, Default)]
pub struct Credentials {
    pub(super) headers: HeaderMap,
    authorized_by: Option<String>,
    pub(super) tls: Tls,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").finish_non_exhaustive()
    }
}

impl Credentials {
    /// What gave the header `Authorization`.
    pub(super) fn authorized_by(&self) -> Option<&str> {
        self.authorized_by.as_deref()
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

/// Why two things that give the header `Authorization` are refused.
pub(super) fn twice(one: &str, other: &str) -> String {
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
