//! `uniform(LOW,HIGH)`: evenly spread; and the mean of a straight line under a cap, which `quantiles` uses as well.

use std::{fmt, time::Duration};

use crate::delay::{
    Delay,
    distribution::Family,
    nanos::Nanos,
    spec::{Parsed, Parser, Syntax},
};

pub const SYNTAX: Syntax = Syntax {
    usage: "uniform(LOW,HIGH)",
    about: "evenly spread between the two",
    parse,
    #[cfg(test)]
    examples: &["uniform(0s,2s)", "uniform(7ns,9ns)", "uniform(1s,1s)"],
    #[cfg(test)]
    random: |a, b, _| format!("uniform({}ns,{}ns)", a.min(b), a.max(b)),
};

#[derive(Debug)]
struct Uniform {
    low: Nanos,
    high: Nanos,
}

/// A uniform delay, for the default.
pub fn uniform(low: Duration, high: Duration) -> Delay {
    Delay::new(Uniform {
        low: low.into(),
        high: high.into(),
    })
}

fn parse(parser: &mut Parser) -> Parsed {
    let low = parser.duration()?;
    parser.sign(',')?;
    let start = parser.place();
    let high = parser.duration()?;
    if high < low {
        return Err(start.refuse(format!("HIGH must not be below LOW, which is {low}")));
    }
    Ok(Delay::new(Uniform { low, high }))
}

/// The mean of a uniform distribution cut at `cap`: two areas under the survival function.
pub fn capped_mean(low: f64, high: f64, cap: f64) -> f64 {
    if cap >= high {
        f64::midpoint(low, high)
    } else if cap <= low {
        cap
    } else {
        let below = (cap - low) / (high - low);
        below * f64::midpoint(low, cap) + (1.0 - below) * cap
    }
}

impl Family for Uniform {
    fn quantile(&self, u: f64) -> f64 {
        let (low, high) = (self.low.as_f64(), self.high.as_f64());
        low + (high - low) * u
    }

    fn survival(&self, x: f64) -> f64 {
        let (low, high) = (self.low.as_f64(), self.high.as_f64());
        if x < low {
            1.0
        } else if x >= high {
            0.0
        } else {
            (high - x) / (high - low)
        }
    }

    fn mean(&self, cap: f64) -> f64 {
        capped_mean(self.low.as_f64(), self.high.as_f64(), cap)
    }

    fn longest(&self) -> Nanos {
        self.high
    }
}

impl fmt::Display for Uniform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "uniform({},{})", self.low, self.high)
    }
}

#[cfg(test)]
mod tests {
    use crate::delay::tests::assert_follows;

    #[test]
    fn a_uniform_delay_is_a_straight_line() {
        assert_follows(
            "uniform(0.5s,2s)",
            |u| 0.5 + 1.5 * u,
            |x| ((x - 0.5) / 1.5).clamp(0.0, 1.0),
        );
    }
}
