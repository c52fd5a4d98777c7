//! `lognormal(p50=DURATION,p99=DURATION)`: the logarithm is normal.

use std::fmt;

use super::level::{Level, normal_survival};
use crate::delay::{
    Delay,
    distribution::Family,
    nanos::Nanos,
    spec::{Parsed, Parser, Syntax},
};

pub const SYNTAX: Syntax = Syntax {
    usage: "lognormal(p50=DURATION,p99=DURATION)",
    about: "many short and a few long ones, by the median and the 99th percentile",
    parse,
    #[cfg(test)]
    examples: &[
        "lognormal(p50=200ms,p99=1.5s)",
        "lognormal(p50=1ns,p99=100s)",
    ],
    #[cfg(test)]
    random: |a, b, _| {
        let (p50, more) = (a.div_ceil(2), b.div_ceil(2));
        format!("lognormal(p50={p50}ns,p99={}ns)", p50 + more)
    },
};

#[derive(Debug)]
struct LogNormal {
    p50: Nanos,
    p99: Nanos,
    /// The standard deviation of the logarithm.
    sigma: f64,
}

fn parse(parser: &mut Parser) -> Parsed {
    let p50 = parser.named("p50")?;
    parser.sign(',')?;
    let start = parser.place();
    let p99 = parser.named("p99")?;
    if p99 <= p50 {
        return Err(start.refuse(format!("p99 must be above p50, which is {p50}")));
    }
    let ratio = p99.as_f64() / p50.as_f64();
    Ok(Delay::new(LogNormal {
        p50,
        p99,
        sigma: libm::log(ratio) / Level::of(0.99).normal(),
    }))
}

impl LogNormal {
    /// The standard normal value that corresponds to `x`.
    fn z(&self, x: f64) -> f64 {
        libm::log(x / self.p50.as_f64()) / self.sigma
    }
}

impl Family for LogNormal {
    fn quantile(&self, u: f64) -> f64 {
        self.p50.as_f64() * libm::exp(self.sigma * Level::of(u).normal())
    }

    fn survival(&self, x: f64) -> f64 {
        normal_survival(self.z(x))
    }

    fn mean(&self, cap: f64) -> f64 {
        if cap <= 0.0 {
            return 0.0;
        }
        let z = self.z(cap);
        let uncapped = self.p50.as_f64() * libm::exp(0.5 * self.sigma * self.sigma);
        uncapped * normal_survival(self.sigma - z) + cap * normal_survival(z)
    }
}

impl fmt::Display for LogNormal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "lognormal(p50={},p99={})", self.p50, self.p99)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::delay::tests::{STANDARD_NORMAL, assert_close, delay};

    #[test]
    fn a_lognormal_delay_meets_its_median_and_its_99th_percentile() {
        let delay = delay("lognormal(p50=200ms,p99=1.5s)");
        assert_eq!(delay.quantile(0.5), Duration::from_millis(200));
        assert_eq!(delay.quantile(0.99), Duration::from_millis(1_500));
        let sigma = 7.5_f64.ln() / 2.326_347_874_040_841;
        for (u, z) in STANDARD_NORMAL {
            let found = delay.quantile(u).as_secs_f64();
            assert_close(found, 0.2 * (sigma * z).exp(), 0.6e-9, &format!("at {u}"));
        }
    }
}
