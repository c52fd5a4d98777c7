//! `mix(WEIGHT:SPEC,...)`: one of several delays, by weight. It has no formula for the quantile, which is bisected.

use std::fmt;

use crate::delay::{
    Delay,
    distribution::Family,
    nanos::Nanos,
    spec::{Parsed, Parser, Syntax},
};

pub const SYNTAX: Syntax = Syntax {
    usage: "mix(WEIGHT:SPEC,...)",
    about: "one of several, by weights that sum to 1 (to 1e-6, then scaled)",
    parse,
    #[cfg(test)]
    examples: &[
        "mix(0.95:uniform(0s,1s),0.05:constant(3s))",
        "mix(0.5:mix(0.25:normal(0s,1s),0.75:constant(2s)),0.5:capped(pareto(1ms,0.7),2s))",
    ],
    #[cfg(test)]
    random: |a, b, share| {
        let rest = 1.0 - share;
        format!("mix({share:.6}:exponential({a}ns),{rest:.6}:constant({b}ns))")
    },
};

/// The largest distance of the sum of weights from 1.
const WEIGHT_TOLERANCE: f64 = 1e-6;

#[derive(Debug)]
struct Mix {
    parts: Vec<Part>,
    shortest: Nanos,
    longest: Nanos,
}

/// One delay of a mixture.
#[derive(Debug)]
struct Part {
    /// As given.
    weight: f64,
    /// The weight over the sum of all weights.
    share: f64,
    delay: Delay,
}

fn parse(parser: &mut Parser) -> Parsed {
    let start = parser.place();
    let (mut parts, mut sum) = (Vec::new(), 0.0);
    loop {
        let at = parser.place();
        let weight = parser.number("a weight")?;
        if weight <= 0.0 {
            return Err(at.refuse("a weight must be above 0"));
        }
        sum += weight;
        parser.sign(':')?;
        parts.push(Part {
            weight,
            share: weight,
            delay: parser.delay()?,
        });
        if !parser.take(',') {
            break;
        }
    }
    if (sum - 1.0_f64).abs() > WEIGHT_TOLERANCE {
        return Err(start.refuse(format!("the weights must sum to 1, not to {sum}")));
    }
    Ok(Delay::new(Mix::new(parts)))
}

impl Mix {
    /// From positive weights, which are scaled so that they sum to 1.
    fn new(mut parts: Vec<Part>) -> Self {
        let sum: f64 = parts.iter().map(|part| part.weight).sum();
        for part in &mut parts {
            part.share = part.weight / sum;
        }
        let delays = || parts.iter().map(|part| &part.delay);
        Self {
            shortest: delays()
                .map(|delay| delay.nanos_at(0.0))
                .min()
                .unwrap_or(Nanos::ZERO),
            longest: delays().map(Delay::longest).max().unwrap_or(Nanos::ZERO),
            parts,
        }
    }

    /// The smallest and the largest of the parts' quantiles.
    fn range(&self, u: f64) -> (Nanos, Nanos) {
        let quantiles = self.parts.iter().map(|part| part.delay.nanos_at(u));
        quantiles.fold((Nanos::LONGEST, Nanos::ZERO), |(least, most), found| {
            (least.min(found), most.max(found))
        })
    }
}

impl Family for Mix {
    /// The least whole nanosecond that at most a share `1 - u` exceeds; it lies between the quantiles of the parts.
    ///
    /// The points that the bisection evaluates do not depend on `u`, and at each a larger `u` can only turn it upwards:
    /// so the result never decreases, whatever the rounding error of `survival`.
    fn quantile(&self, u: f64) -> f64 {
        let (mut low, mut high) = (self.shortest, self.longest);
        if u >= 1.0 {
            return high.as_f64();
        }
        let (least, most) = self.range(u);
        while low < high {
            let middle = low.middle(high);
            let within = || self.survival(middle.as_f64() + 0.5) <= 1.0 - u;
            if middle >= most || (middle >= least && within()) {
                high = middle;
            } else {
                low = middle.next();
            }
        }
        low.as_f64()
    }

    fn survival(&self, x: f64) -> f64 {
        let parts = self.parts.iter();
        parts.map(|part| part.share * part.delay.survival(x)).sum()
    }

    fn mean(&self, cap: f64) -> f64 {
        let cap = Nanos::nearest(cap);
        let parts = self.parts.iter();
        parts
            .map(|part| part.share * part.delay.mean_up_to(cap))
            .sum()
    }

    fn longest(&self) -> Nanos {
        self.longest
    }
}

impl fmt::Display for Mix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = self.parts.iter();
        let parts = parts.map(|part| format!("{}:{}", part.weight, part.delay));
        write!(f, "mix({})", parts.collect::<Vec<_>>().join(","))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::delay::tests::{assert_close, delay, examples};

    #[test]
    fn a_mixture_has_the_weighted_distribution_of_its_parts() {
        let mixture = delay(
            "mix(0.3:exponential(300ms),0.2:normal(1s,200ms),0.5:lognormal(p50=200ms,p99=1.5s))",
        );
        let parts = [
            "exponential(300ms)",
            "normal(1s,200ms)",
            "lognormal(p50=200ms,p99=1.5s)",
        ]
        .map(delay);
        for millis in [1, 100, 250, 900, 2_000, 5_000] {
            let x = Duration::from_millis(millis);
            let weighted: f64 = [0.3, 0.2, 0.5]
                .iter()
                .zip(&parts)
                .map(|(weight, part)| weight * part.cdf(x))
                .sum();
            assert_close(mixture.cdf(x), weighted, 1e-11, &format!("{x:?}"));
        }
    }

    #[test]
    fn a_mixture_steps_exactly_at_its_atoms() {
        let mixture = delay("mix(0.95:uniform(0s,1s),0.05:constant(3s))");
        assert_close(
            mixture.cdf(Duration::from_nanos(2_999_999_999)),
            0.95,
            1e-15,
            "below",
        );
        assert_close(mixture.cdf(Duration::from_secs(3)), 1.0, 0.0, "at the atom");
        assert_eq!(mixture.quantile(0.950_000_1), Duration::from_secs(3));
    }

    #[test]
    fn a_mixture_of_one_is_that_one_to_a_nanosecond() {
        for spec in examples() {
            let (alone, mixed) = (delay(spec), delay(&format!("mix(1:{spec})")));
            for u in [0.001, 0.2, 0.5, 0.77, 0.99, 0.9999] {
                let (a, b) = (alone.quantile(u), mixed.quantile(u));
                let tolerance = 1 + a.as_nanos() / 1_000_000_000_000;
                assert!(
                    a.abs_diff(b).as_nanos() <= tolerance,
                    "{spec} at {u}: {a:?}, {b:?}"
                );
            }
        }
    }
}
