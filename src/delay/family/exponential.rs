//! `exponential(MEAN)`: as between independent events.

use std::fmt;

use super::level::Level;
use crate::delay::{
    Delay,
    distribution::Family,
    nanos::Nanos,
    spec::{Parsed, Parser, Syntax},
};

pub const SYNTAX: Syntax = Syntax {
    usage: "exponential(MEAN)",
    about: "as between independent events",
    parse,
    #[cfg(test)]
    examples: &["exponential(300ms)", "exponential(1ns)"],
    #[cfg(test)]
    random: |mean, _, _| format!("exponential({mean}ns)"),
};

#[derive(Debug)]
struct Exponential {
    mean: Nanos,
}

fn parse(parser: &mut Parser) -> Parsed {
    let mean = parser.positive("MEAN")?;
    Ok(Delay::new(Exponential { mean }))
}

impl Family for Exponential {
    fn quantile(&self, u: f64) -> f64 {
        self.mean.as_f64() * Level::of(u).exponential()
    }

    fn survival(&self, x: f64) -> f64 {
        libm::exp(-x / self.mean.as_f64())
    }

    fn mean(&self, cap: f64) -> f64 {
        let mean = self.mean.as_f64();
        -mean * libm::expm1(-cap / mean)
    }
}

impl fmt::Display for Exponential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "exponential({})", self.mean)
    }
}

#[cfg(test)]
mod tests {
    use crate::delay::tests::assert_follows;

    #[test]
    fn an_exponential_delay_follows_the_logarithm() {
        assert_follows(
            "exponential(300ms)",
            |u| -0.3 * (-u).ln_1p(),
            |x| -(-x / 0.3).exp_m1(),
        );
    }
}
