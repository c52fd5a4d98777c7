//! Families whose quantile is made of straight lines: constant, uniform, and interpolated percentiles.

use std::fmt;

use super::{Family, Nanos};

/// Always the same.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::delay) struct Constant(pub(in crate::delay) Nanos);

/// Evenly spread from `low` to `high`.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::delay) struct Uniform {
    pub(in crate::delay) low: Nanos,
    pub(in crate::delay) high: Nanos,
}

/// Straight lines between percentiles: the first knot is at 0 %, the last at 100 %, none is below the one before.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::delay) struct Quantiles(Vec<Knot>);

/// A percentile and its value.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::delay) struct Knot {
    pub(in crate::delay) percent: f64,
    /// The percentage as a share, rounded once (99.9 / 100 is not 0.999).
    pub(in crate::delay) share: f64,
    pub(in crate::delay) value: Nanos,
}

/// The mean of a uniform distribution cut at `cap`: two areas under the survival function.
fn capped_mean(low: f64, high: f64, cap: f64) -> f64 {
    if cap >= high {
        f64::midpoint(low, high)
    } else if cap <= low {
        cap
    } else {
        let below = (cap - low) / (high - low);
        below * f64::midpoint(low, cap) + (1.0 - below) * cap
    }
}

// === impl Constant ===

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

// === impl Uniform ===

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

// === impl Quantiles ===

impl Quantiles {
    /// From knots at rising percentages up to 100; 0 % is added, at zero, where it is absent.
    pub(in crate::delay) fn new(mut knots: Vec<Knot>) -> Self {
        if knots.first().is_none_or(|first| first.percent > 0.0) {
            knots.insert(0, Knot::new(0.0, Nanos::ZERO));
        }
        Self(knots)
    }

    /// The line that ends at the first knot for which `beyond` does not hold.
    fn line(&self, beyond: impl Fn(&Knot) -> bool) -> (&Knot, &Knot) {
        let last = self.0.len() - 1;
        let end = self.0.partition_point(beyond).clamp(1, last);
        (&self.0[end - 1], &self.0[end])
    }
}

impl Family for Quantiles {
    fn quantile(&self, u: f64) -> f64 {
        let (from, to) = self.line(|knot| knot.share < u);
        let along = (u - from.share) / (to.share - from.share);
        from.value.as_f64() + (to.value.as_f64() - from.value.as_f64()) * along
    }

    fn survival(&self, x: f64) -> f64 {
        let (from, to) = self.line(|knot| knot.value.as_f64() <= x);
        if x < from.value.as_f64() {
            return 1.0;
        }
        if x >= to.value.as_f64() {
            return 0.0;
        }
        let left = (to.value.as_f64() - x) / (to.value.as_f64() - from.value.as_f64());
        (1.0 - to.share) + (to.share - from.share) * left
    }

    fn mean(&self, cap: f64) -> f64 {
        let lines = self.0.iter().zip(&self.0[1..]);
        lines
            .map(|(from, to)| {
                let mean = capped_mean(from.value.as_f64(), to.value.as_f64(), cap);
                (to.share - from.share) * mean
            })
            .sum()
    }

    fn longest(&self) -> Nanos {
        self.0.last().map_or(Nanos::ZERO, |knot| knot.value)
    }
}

impl fmt::Display for Quantiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let given = self
            .0
            .iter()
            .filter(|knot| knot.percent > 0.0 || knot.value > Nanos::ZERO)
            .map(|knot| format!("{}={}", knot.percent, knot.value));
        write!(f, "quantiles({})", given.collect::<Vec<_>>().join(","))
    }
}

// === impl Knot ===

impl Knot {
    pub(in crate::delay) fn new(percent: f64, value: Nanos) -> Self {
        let share = format!("{percent}e-2").parse().unwrap_or(percent / 100.0);
        Self {
            percent,
            share,
            value,
        }
    }
}
