//! One of several delays, by weight. The only family whose quantile has no formula: it is searched for.

use std::fmt;

use super::{Family, Nanos};
use crate::delay::Delay;

/// Delays with their weights.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::delay) struct Mix {
    parts: Vec<Part>,
    shortest: Nanos,
    longest: Nanos,
}

/// One delay of a mixture.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::delay) struct Part {
    /// As it was written.
    weight: f64,
    /// Of all weights.
    share: f64,
    delay: Delay,
}

impl Mix {
    /// From positive weights, which are scaled so that they sum to 1.
    pub(in crate::delay) fn new(mut parts: Vec<Part>) -> Self {
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
    /// The points at which the search asks do not depend on `u`, and at each a larger `u` can only turn it upwards: so
    /// the result never decreases, whatever the last digit of `survival`.
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

impl Part {
    pub(in crate::delay) fn new(weight: f64, delay: Delay) -> Self {
        Self {
            weight,
            share: weight,
            delay,
        }
    }
}
