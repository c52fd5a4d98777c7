//! `constant(DURATION)`: always the same.

use std::fmt;

use crate::delay::{
    Delay,
    distribution::Family,
    nanos::Nanos,
    spec::{Parsed, Parser, Syntax},
};

pub const SYNTAX: Syntax = Syntax {
    usage: "constant(DURATION)",
    about: "always DURATION",
    parse,
    #[cfg(test)]
    examples: &["constant(250ms)", "constant(0s)"],
    #[cfg(test)]
    random: |delay, _, _| format!("constant({delay}ns)"),
};

#[derive(Debug)]
struct Constant(Nanos);

fn parse(parser: &mut Parser) -> Parsed {
    Ok(Delay::new(Constant(parser.duration()?)))
}

impl Family for Constant {
    fn quantile(&self, _: f64) -> f64 {
        self.0.as_f64()
    }

    fn survival(&self, x: f64) -> f64 {
        f64::from(u8::from(x < self.0.as_f64()))
    }

    fn mean(&self, cap: f64) -> f64 {
        cap.min(self.0.as_f64())
    }

    fn longest(&self) -> Nanos {
        self.0
    }
}

impl fmt::Display for Constant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "constant({})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use crate::delay::tests::assert_follows;

    #[test]
    fn a_constant_is_an_atom() {
        assert_follows(
            "constant(250ms)",
            |_| 0.25,
            |x| f64::from(u8::from(x >= 0.25)),
        );
    }
}
