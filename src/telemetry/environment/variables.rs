//! The `OTEL_*` variables of the process, taken once.

use std::{collections::BTreeMap, env, ffi::OsString};

use crate::telemetry::error::TelemetryError;

/// Every variable whose name begins with `OTEL_`.
#[derive(Clone, Debug, Default)]
pub struct Variables(BTreeMap<String, OsString>);

impl Variables {
    /// Those of the process.
    pub fn of_process() -> Self {
        let named =
            env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
        Self(
            named
                .filter(|(name, _)| name.starts_with("OTEL_"))
                .collect(),
        )
    }

    /// The value without spaces around it; `None` where it is unset or empty, which the specification treats alike.
    ///
    /// # Errors
    /// When the value is not UTF-8.
    pub fn get(&self, name: &'static str) -> Result<Option<&str>, TelemetryError> {
        let Some(value) = self.0.get(name) else {
            return Ok(None);
        };
        let Some(text) = value.to_str() else {
            // Not shown: it may be a secret.
            return Err(TelemetryError::variable(name, "…", "is not UTF-8"));
        };
        Ok(Some(text.trim()).filter(|text| !text.is_empty()))
    }

    /// The names of those that have a value.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let is_set = |value: &OsString| value.to_str().is_none_or(|text| !text.trim().is_empty());
        self.0
            .iter()
            .filter(move |(_, value)| is_set(value))
            .map(|(name, _)| name.as_str())
    }
}

#[cfg(test)]
impl<const N: usize> From<[(&str, &str); N]> for Variables {
    fn from(pairs: [(&str, &str); N]) -> Self {
        let owned = pairs.map(|(name, value)| (name.to_owned(), OsString::from(value)));
        Self(owned.into())
    }
}
