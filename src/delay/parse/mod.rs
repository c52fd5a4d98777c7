//! The grammar of a delay: one word with its arguments, nested at most eight deep.

mod cursor;
mod grammar;

use std::{fmt, str::FromStr};

use super::Delay;
use cursor::Cursor;

/// The longest spec that is read, in bytes; longer than any canonical one.
const MAX_BYTES: usize = 8192;

/// Why a spec was refused: what was read, where it went wrong, and the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpecError {
    spec: String,
    column: usize,
    rest: String,
    reason: String,
}

impl SpecError {
    /// The character at which the spec went wrong, counted from 1.
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

/// Reads a spec. Spaces may stand around every word, number and sign.
impl FromStr for Delay {
    type Err = SpecError;

    fn from_str(spec: &str) -> Result<Self, Self::Err> {
        let cursor = Cursor::new(spec);
        if spec.len() > MAX_BYTES {
            let reason = format!("a delay must not be longer than {MAX_BYTES} bytes");
            return Err(cursor.refuse(reason));
        }
        grammar::Parser::new(cursor).whole()
    }
}

/// At most `limit` characters of a text, fit to stand in a one-line message.
pub(super) fn excerpt(text: &str, limit: usize) -> String {
    let shown: String = text.chars().take(limit).collect();
    let more = if shown.len() < text.len() { "…" } else { "" };
    let shown = shown.replace(char::is_control, "\u{fffd}");
    format!("{shown}{more}")
}
