//! The result of asking one source.

use std::fmt::Display;

/// What a source returned, or why there is nothing.
#[derive(Clone, Debug)]
pub enum Finding<T> {
    Found(T),
    /// Not available, for this reason.
    Skipped(String),
    /// The source could not be asked, for this reason.
    Unreachable(String),
}

impl<T> Finding<T> {
    pub fn found(&self) -> Option<&T> {
        match self {
            Self::Found(it) => Some(it),
            _ => None,
        }
    }

    /// What is not available counts as not asked, where it was asked for by a flag.
    pub fn required(self, is_required: bool) -> Self {
        match self {
            Self::Skipped(reason) if is_required => Self::Unreachable(reason),
            other => other,
        }
    }

    pub fn found_mut(&mut self) -> Option<&mut T> {
        match self {
            Self::Found(it) => Some(it),
            _ => None,
        }
    }

    /// Continues with what was found; otherwise keeps the reason.
    pub async fn then<U>(self, next: impl AsyncFnOnce(T) -> Finding<U>) -> Finding<U> {
        match self {
            Self::Found(it) => next(it).await,
            Self::Skipped(reason) => Finding::Skipped(reason),
            Self::Unreachable(reason) => Finding::Unreachable(reason),
        }
    }
}

impl<T, E: Display> From<Result<T, E>> for Finding<T> {
    fn from(result: Result<T, E>) -> Self {
        match result {
            Ok(it) => Self::Found(it),
            Err(error) => Self::Unreachable(error.to_string()),
        }
    }
}
