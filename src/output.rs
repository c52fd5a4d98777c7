//! How a command prints its result: as text for people, or as JSON. A reader that leaves changes no exit code. And what
//! must not be printed.

use std::{
    fmt::Display,
    future::Future,
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

tokio::task_local! {
    static IS_QUIET: ();
}

/// Does this work without showing its progress.
pub async fn quietly<T>(work: impl Future<Output = T>) -> T {
    IS_QUIET.scope((), work).await
}

/// Whether progress is not to be shown.
#[must_use]
pub fn is_quiet() -> bool {
    IS_QUIET.try_with(|()| ()).is_ok()
}

/// Prints a line for the user on stderr; `eprintln!` would panic where stderr is closed.
pub fn print_error(line: impl Display) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// Text that may be a URL, as it may be shown: `…` replaces its user, password, query and fragment.
#[must_use]
pub fn without_secrets(text: &str) -> String {
    let (scheme, rest) = match text.find("://") {
        Some(at) => text.split_at(at + 3),
        None => ("", text),
    };
    let (user, rest) = match rest.rsplit_once('@') {
        Some((_, host)) => ("…@", host),
        None => ("", rest),
    };
    match rest.find(['?', '#']).filter(|_| !scheme.is_empty()) {
        Some(at) => format!("{scheme}{user}{}…", &rest[..=at]),
        None => format!("{scheme}{user}{rest}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_shown_without_user_password_query_and_fragment() {
        for (given, shown) in [
            ("http://me:secret@h:1/a?b=secret", "http://…@h:1/a?…"),
            ("ftp://me:se/c@r?e#t@h", "ftp://…@h"),
            ("me:secret@h", "…@h"),
            ("http://h/a#secret", "http://h/a#…"),
            ("http://h:x/", "http://h:x/"),
            ("a?b", "a?b"),
            ("", ""),
        ] {
            assert_eq!(without_secrets(given), shown);
        }
    }
}
