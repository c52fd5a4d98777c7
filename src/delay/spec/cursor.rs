//! The parser's position in a spec; splits words from signs.

use super::SpecError;
use crate::delay::text::excerpt;

/// A spec and a position in it.
#[derive(Clone, Copy)]
pub struct Cursor<'a> {
    spec: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    pub fn new(spec: &'a str) -> Self {
        Self { spec, at: 0 }.after_spaces()
    }

    fn rest(&self) -> &'a str {
        self.spec.get(self.at..).unwrap_or_default()
    }

    fn after_spaces(mut self) -> Self {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
        self
    }

    pub fn at_end(&self) -> bool {
        self.rest().is_empty()
    }

    /// Reads up to the next sign or space: a word, a number, a duration, or nothing.
    pub fn word(&mut self) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|c: char| c.is_whitespace() || "(),:=".contains(c));
        let (word, _) = rest.split_at(end.unwrap_or(rest.len()));
        self.at += word.len();
        *self = self.after_spaces();
        word
    }

    /// Steps over one sign, if it is next.
    pub fn take(&mut self, sign: char) -> bool {
        let found = self.rest().starts_with(sign);
        if found {
            self.at += sign.len_utf8();
            *self = self.after_spaces();
        }
        found
    }

    /// An error at this position.
    pub fn refuse(&self, reason: impl Into<String>) -> SpecError {
        let before = self.spec.get(..self.at).unwrap_or_default();
        SpecError {
            spec: excerpt(self.spec, 200),
            column: before.chars().count() + 1,
            rest: excerpt(self.rest(), 40),
            reason: reason.into(),
        }
    }
}
