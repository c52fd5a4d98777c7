//! How a command prints its result: as text for people, or as JSON.

use std::{fmt::Display, io::Write};

use serde::Serialize;

/// The format of a result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Output {
    /// For people.
    #[default]
    Text,
    /// One JSON object.
    Json,
}

impl Output {
    /// Writes `result` in this format.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(
        self,
        result: &(impl Display + Serialize),
        out: &mut impl Write,
    ) -> anyhow::Result<()> {
        match self {
            Self::Text => write!(out, "{result}")?,
            Self::Json => writeln!(out, "{}", serde_json::to_string_pretty(result)?)?,
        }
        Ok(())
    }
}
