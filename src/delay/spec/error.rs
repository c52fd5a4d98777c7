//! Why a spec was refused.

use std::fmt;

/// Why a spec was refused: what was read, the place of the error, and the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpecError {
    pub(super) spec: String,
    pub(super) column: usize,
    pub(super) rest: String,
    pub(super) reason: String,
}

impl SpecError {
    /// The character at which the error is, counted from 1.
    #[must_use]
    pub fn column(&self) -> usize {
        self.column
    }

    /// What is wrong there.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

impl std::error::Error for SpecError {}

impl fmt::Display for SpecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "delay `{}`: column {}, ", self.spec, self.column)?;
        if self.rest.is_empty() {
            write!(f, "at the end: {}", self.reason)
        } else {
            write!(f, "at `{}`: {}", self.rest, self.reason)
        }
    }
}
