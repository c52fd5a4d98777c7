//! Why telemetry could not be started.

use std::borrow::Cow;

/// Why telemetry could not be started.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// A variable has a value that cannot be honoured.
    #[error("{variable}=`{value}`: {reason}")]
    Variable {
        /// The variable's name.
        variable: &'static str,
        /// Its value.
        value: String,
        /// What is wrong with it, and which values are supported.
        reason: Cow<'static, str>,
    },
    /// An exporter could not be built.
    #[error("an exporter cannot be built: {0}")]
    Exporter(String),
}

impl TelemetryError {
    /// A variable has a value that cannot be honoured.
    pub(super) fn variable(
        variable: &'static str,
        value: impl Into<String>,
        reason: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::Variable {
            variable,
            value: value.into(),
            reason: reason.into(),
        }
    }
}
