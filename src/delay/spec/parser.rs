//! Reads families and their arguments from left to right, within limits; the families come as a list.

use super::{Cursor, SpecError};
use crate::delay::{Delay, nanos::Nanos, text};

/// The longest spec, in bytes; longer than any canonical one.
const MAX_BYTES: usize = 8192;
/// Maximum nesting depth; bounds the parser's recursion.
const MAX_DEPTH: usize = 8;
/// Maximum number of families, percentiles and weights in one spec.
const MAX_PARTS: usize = 64;
/// The longest plain number, in characters.
const MAX_NUMBER: usize = 20;

/// What reading a delay gives.
pub type Parsed = Result<Delay, SpecError>;

/// How a family is written.
pub struct Syntax {
    /// Its name with its arguments: `uniform(LOW,HIGH)`.
    pub usage: &'static str,
    /// What it is, in a few words for `--help`.
    pub about: &'static str,
    /// Reads what is between the parentheses.
    pub parse: for<'p, 'a> fn(&'p mut Parser<'a>) -> Parsed,
    /// Canonical specs that the tests of all families use: narrow, wide and degenerate ones.
    #[cfg(test)]
    pub examples: &'static [&'static str],
    /// A spec from two numbers of nanoseconds above 0, and one between 0 and 1 (both excluded).
    #[cfg(test)]
    pub random: fn(u64, u64, f64) -> String,
}

/// Reads one spec.
pub struct Parser<'a> {
    cursor: Cursor<'a>,
    families: &'static [Syntax],
    usage: &'static str,
    depth_left: usize,
    parts_left: usize,
}

/// Reads the whole text as one delay.
pub fn parse(spec: &str, families: &'static [Syntax]) -> Parsed {
    let cursor = Cursor::new(spec);
    if spec.len() > MAX_BYTES {
        let reason = format!("a delay must not be longer than {MAX_BYTES} bytes");
        return Err(cursor.refuse(reason));
    }
    let mut parser = Parser::new(cursor, families);
    let delay = parser.delay()?;
    if parser.cursor.at_end() {
        Ok(delay)
    } else {
        let end = parser.cursor;
        Err(end.refuse("expected nothing after the closing `)`"))
    }
}

impl Syntax {
    pub fn name(&self) -> &'static str {
        self.usage.split('(').next().unwrap_or_default()
    }
}

impl<'a> Parser<'a> {
    /// An outermost `capped` is free, so that any delay can still be capped, written and read back.
    fn new(cursor: Cursor<'a>, families: &'static [Syntax]) -> Self {
        let free = usize::from(cursor.clone().word() == "capped");
        Self {
            cursor,
            families,
            usage: "SPEC",
            depth_left: MAX_DEPTH + free,
            parts_left: MAX_PARTS + free,
        }
    }

    /// The place that has been reached, for errors.
    pub fn place(&self) -> Cursor<'a> {
        self.cursor
    }

    /// A family with its arguments.
    pub fn delay(&mut self) -> Parsed {
        let start = self.cursor;
        let outer = self.usage;
        self.count_part()?;
        self.depth_left = self.depth_left.checked_sub(1).ok_or_else(|| {
            start.refuse(format!(
                "delays must not be nested more than {MAX_DEPTH} deep"
            ))
        })?;
        let name = self.cursor.word();
        let Some(family) = self.families.iter().find(|family| family.name() == name) else {
            let known: Vec<_> = self.families.iter().map(Syntax::name).collect();
            return Err(start.refuse(format!("expected one of {}", known.join(", "))));
        };
        self.usage = family.usage;
        self.sign('(')?;
        let delay = (family.parse)(self)?;
        self.sign(')')?;
        self.depth_left += 1;
        self.usage = outer;
        Ok(delay)
    }

    /// Counts one part of a list against the limit.
    pub fn count_part(&mut self) -> Result<(), SpecError> {
        let reason = || format!("a delay must not have more than {MAX_PARTS} parts");
        let left = self.parts_left.checked_sub(1);
        self.parts_left = left.ok_or_else(|| self.cursor.refuse(reason()))?;
        Ok(())
    }

    /// Steps over `sign`, which must be next.
    pub fn sign(&mut self, sign: char) -> Result<(), SpecError> {
        if self.take(sign) {
            return Ok(());
        }
        let reason = format!("expected `{sign}`, as in {}", self.usage);
        Err(self.cursor.refuse(reason))
    }

    /// Steps over `sign`, if it is next.
    pub fn take(&mut self, sign: char) -> bool {
        self.cursor.take(sign)
    }

    pub fn duration(&mut self) -> Result<Nanos, SpecError> {
        let start = self.cursor;
        let word = self.cursor.word();
        text::parse(word).map_err(|reason| start.refuse(reason.to_string()))
    }

    /// A duration above 0.
    pub fn positive(&mut self, what: &str) -> Result<Nanos, SpecError> {
        let start = self.cursor;
        let nanos = self.duration()?;
        if nanos == Nanos::ZERO {
            return Err(start.refuse(format!("{what} must be above 0")));
        }
        Ok(nanos)
    }

    /// A decimal number without a sign or an exponent.
    pub fn number(&mut self, what: &str) -> Result<f64, SpecError> {
        let start = self.cursor;
        let word = self.cursor.word();
        if word.len() > MAX_NUMBER {
            let reason = format!("{what} must not be longer than {MAX_NUMBER} characters");
            return Err(start.refuse(reason));
        }
        let plain = word.starts_with(|c: char| c.is_ascii_digit())
            && word.bytes().all(|c| c.is_ascii_digit() || c == b'.');
        match word.parse() {
            Ok(number) if plain => Ok(number),
            _ => Err(start.refuse(format!("{what} must be a decimal number of 0 or more"))),
        }
    }

    /// `name=DURATION`, above 0.
    pub fn named(&mut self, name: &str) -> Result<Nanos, SpecError> {
        let start = self.cursor;
        if self.cursor.word() != name {
            let reason = format!("expected `{name}=`, as in {}", self.usage);
            return Err(start.refuse(reason));
        }
        self.sign('=')?;
        self.positive(name)
    }
}
