//! How a command prints its result: as text for people, or as JSON. A reader that leaves changes no exit code.

use std::{
    fmt::Display,
    io::{self, Write},
};

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
    /// Writes `result` in this format. That the reader has closed its end, as `head` does, is not an error: the exit
    /// code still says what the result was.
    ///
    /// # Errors
    /// When it cannot be written for another reason.
    pub fn write(
        self,
        result: &(impl Display + Serialize),
        out: &mut impl Write,
    ) -> anyhow::Result<()> {
        let written = match self {
            Self::Text => write!(out, "{result}"),
            Self::Json => writeln!(out, "{}", serde_json::to_string_pretty(result)?),
        };
        match written.and_then(|()| out.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
            _ => Ok(()),
        }
    }
}

/// Prints a line for the user on stderr; `eprintln!` would panic where stderr is closed.
pub fn print_error(line: impl Display) {
    let _ = writeln!(io::stderr(), "{line}");
}
