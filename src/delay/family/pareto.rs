//! `pareto(MIN,ALPHA)`: a heavy tail; above MIN, P(delay > x) = (MIN / x)^ALPHA.

use std::fmt;

use super::level::Level;
use crate::delay::{
    Delay,
    distribution::Family,
    nanos::Nanos,
    spec::{Parsed, Parser, Syntax},
};

pub const SYNTAX: Syntax = Syntax {
    usage: "pareto(MIN,ALPHA)",
    about: "a heavy tail: above MIN, P(delay > x) = (MIN/x)^ALPHA, 0 < ALPHA <= 1000",
    parse,
    #[cfg(test)]
    examples: &["pareto(10ms,1)", "pareto(10ms,0.1)", "pareto(100ms,3.5)"],
    #[cfg(test)]
    random: |min, _, share| format!("pareto({min}ns,{:.3})", 0.01 * 1e5_f64.powf(share)),
};

#[derive(Debug)]
struct Pareto {
    min: Nanos,
    alpha: f64,
}

fn parse(parser: &mut Parser) -> Parsed {
    let min = parser.positive("MIN")?;
    parser.sign(',')?;
    let start = parser.place();
    let alpha = parser.number("ALPHA")?;
    if alpha <= 0.0 || alpha > 1000.0 {
        return Err(start.refuse("ALPHA must be above 0 and at most 1000"));
    }
    Ok(Delay::new(Pareto { min, alpha }))
}

impl Family for Pareto {
    fn quantile(&self, u: f64) -> f64 {
        self.min.as_f64() * libm::exp(Level::of(u).exponential() / self.alpha)
    }

    fn survival(&self, x: f64) -> f64 {
        let beyond = (x / self.min.as_f64()).max(1.0);
        libm::exp(-self.alpha * libm::log(beyond))
    }

    /// The area under the survival function: `min`, and the integral of (min / x)^alpha from there to the cap.
    fn mean(&self, cap: f64) -> f64 {
        let min = self.min.as_f64();
        if cap <= min {
            return cap;
        }
        let (span, power) = (libm::log(cap / min), 1.0 - self.alpha);
        let product = power * span;
        // expm1(product) / power, which is `span` where alpha is 1
        let integral = if product.abs() < 1e-12 {
            span
        } else {
            libm::expm1(product) / power
        };
        min + min * integral
    }
}

impl fmt::Display for Pareto {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pareto({},{})", self.min, self.alpha)
    }
}

#[cfg(test)]
mod tests {
    use crate::delay::tests::assert_follows;

    #[test]
    fn a_pareto_delay_follows_the_power_law() {
        let cdf = |x: f64| {
            if x < 0.1 {
                0.0
            } else {
                1.0 - (0.1 / x).powf(1.5)
            }
        };
        assert_follows(
            "pareto(100ms,1.5)",
            |u| 0.1 * (1.0 - u).powf(-1.0 / 1.5),
            cdf,
        );
    }
}
