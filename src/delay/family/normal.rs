//! `normal(MEAN,SD)`: bell-shaped; negative values become 0.

use std::{f64::consts::PI, fmt};

use super::level::{Level, normal_survival};
use crate::delay::{
    Delay,
    distribution::Family,
    nanos::Nanos,
    spec::{Parsed, Parser, Syntax},
};

pub const SYNTAX: Syntax = Syntax {
    usage: "normal(MEAN,SD)",
    about: "bell-shaped; negative delays are 0",
    parse,
    #[cfg(test)]
    examples: &["normal(200ms,50ms)", "normal(1ms,1s)", "normal(0s,3ns)"],
    #[cfg(test)]
    random: |mean, sd, _| format!("normal({mean}ns,{sd}ns)"),
};

#[derive(Debug)]
struct Normal {
    mean: Nanos,
    sd: Nanos,
}

fn parse(parser: &mut Parser) -> Parsed {
    let mean = parser.duration()?;
    parser.sign(',')?;
    let sd = parser.positive("SD")?;
    Ok(Delay::new(Normal { mean, sd }))
}

impl Normal {
    /// The mean amount by which a value exceeds `bound`; 0 for a value that does not.
    fn excess(&self, bound: f64) -> f64 {
        let (mean, sd) = (self.mean.as_f64(), self.sd.as_f64());
        let z = (bound - mean) / sd;
        let density = libm::exp(-0.5 * z * z) / (2.0 * PI).sqrt();
        (mean - bound) * normal_survival(z) + sd * density
    }
}

impl Family for Normal {
    fn quantile(&self, u: f64) -> f64 {
        self.mean.as_f64() + self.sd.as_f64() * Level::of(u).normal()
    }

    fn survival(&self, x: f64) -> f64 {
        normal_survival((x - self.mean.as_f64()) / self.sd.as_f64())
    }

    fn mean(&self, cap: f64) -> f64 {
        self.excess(0.0) - self.excess(cap)
    }
}

impl fmt::Display for Normal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "normal({},{})", self.mean, self.sd)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::delay::tests::{STANDARD_NORMAL, assert_close, delay};

    #[test]
    fn a_normal_delay_follows_the_normal_quantile() {
        let delay = delay("normal(10s,1s)");
        for (u, z) in STANDARD_NORMAL {
            let found = delay.quantile(u).as_secs_f64();
            assert_close(found, 10.0 + z, 0.51e-9, &format!("at {u}"));
            // the density is at most 0.4, and the quantile is rounded by up to half a nanosecond
            assert_close(delay.cdf(delay.quantile(u)), u, 0.41e-9, "there and back");
        }
    }

    #[test]
    fn negative_normal_draws_are_0() {
        let delay = delay("normal(0s,1s)");
        assert_eq!(delay.quantile(0.3), Duration::ZERO);
        assert_close(delay.cdf(Duration::ZERO), 0.5, 1e-9, "the atom at 0");
    }
}
