//! A delay: one family of distributions and a cap.

use std::{fmt, sync::Arc, time::Duration};

use super::nanos::Nanos;

/// A distribution of delays, in whole nanoseconds from 0 to 100 days.
///
/// It is parsed from a spec, and displayed as the canonical one, which parses back to an equal delay. `--delay` lists
/// the families.
///
/// ```
/// # use httpserver::delay::{Delay, SpecError};
/// let delay: Delay = "uniform(0ms, 2000ms)".parse()?;
/// assert_eq!(delay.to_string(), "uniform(0s,2s)");
/// assert_eq!(delay.quantile(0.99).as_secs_f64(), 1.98);
/// # Ok::<(), SpecError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Delay {
    family: Arc<dyn Family>,
    /// [`Nanos::LONGEST`] where the cap changes nothing.
    cap: Nanos,
}

/// One distribution, uncapped, in nanoseconds. Its `Display` is its canonical spec, and holds every parameter exactly.
pub trait Family: fmt::Debug + fmt::Display + Send + Sync {
    /// The value that a share `u` (0 to 1) does not exceed; never decreasing, possibly negative or infinite.
    fn quantile(&self, u: f64) -> f64;
    /// The probability of a value above `x`. Callers pass the midpoint of two whole nanoseconds, because values are
    /// rounded afterwards; so `x` never equals an atom.
    fn survival(&self, x: f64) -> f64;
    /// The mean of the values clamped to between 0 and `cap`.
    fn mean(&self, cap: f64) -> f64;
    /// The largest possible value; that of an unbounded distribution is the longest delay of all.
    fn longest(&self) -> Nanos {
        Nanos::LONGEST
    }
}

// === impl Delay ===

impl Delay {
    pub(super) fn new(family: impl Family + 'static) -> Self {
        Self {
            family: Arc::new(family),
            cap: Nanos::LONGEST,
        }
    }

    /// Cuts longer delays to `max`. The cap is part of the distribution: of its quantiles, its mean and its spec.
    #[must_use]
    pub fn capped(self, max: Duration) -> Self {
        let cap = self.cap.min(Nanos::from(max));
        let idle = self.family.longest() <= cap;
        Self {
            cap: if idle { Nanos::LONGEST } else { cap },
            ..self
        }
    }

    /// The delay that a share `u` of requests does not exceed, to the nearest nanosecond.
    ///
    /// `u` is clamped to between 0 and 1; not-a-number counts as 0. It never decreases as `u` grows.
    #[must_use]
    pub fn quantile(&self, u: f64) -> Duration {
        self.nanos_at(if u > 0.0 { u.min(1.0) } else { 0.0 }).into()
    }

    /// The largest `u` from 0 to 1 whose quantile is at most `x`; 0 where there is none.
    ///
    /// So `quantile(u) <= x` exactly when `u <= cdf(x)`, for each `u` above 0, also where many requests share one
    /// delay. The search bisects bit patterns, since positive floats are ordered as their bits are.
    #[must_use]
    pub fn cdf(&self, x: Duration) -> f64 {
        let within = |bits| self.nanos_at(f64::from_bits(bits)) <= Nanos::from(x);
        let (mut low, mut high) = (0, 1.0_f64.to_bits());
        if within(high) {
            return 1.0;
        }
        while high - low > 1 {
            let middle = low.midpoint(high);
            *(if within(middle) { &mut low } else { &mut high }) = middle;
        }
        f64::from_bits(low)
    }

    /// The mean delay, from closed forms that include the cap and the cut at 0.
    #[must_use]
    pub fn mean(&self) -> Duration {
        Nanos::nearest(self.mean_up_to(Nanos::LONGEST)).into()
    }

    /// The largest possible delay: that of `quantile(1.0)`.
    #[must_use]
    pub fn max(&self) -> Duration {
        self.longest().into()
    }

    /// Whether there is a longest delay: an uncapped `exponential`, for example, has none.
    #[must_use]
    pub fn is_bounded(&self) -> bool {
        self.longest() < Nanos::LONGEST
    }

    pub(super) fn nanos_at(&self, u: f64) -> Nanos {
        Nanos::nearest(self.family.quantile(u)).min(self.cap)
    }

    pub(super) fn longest(&self) -> Nanos {
        self.cap.min(self.family.longest())
    }

    /// The probability of a delay above `nanos`.
    pub(super) fn survival(&self, nanos: f64) -> f64 {
        if nanos >= self.longest().as_f64() {
            0.0
        } else {
            self.family.survival(nanos)
        }
    }

    pub(super) fn mean_up_to(&self, cap: Nanos) -> f64 {
        self.family.mean(self.cap.min(cap).as_f64())
    }
}

/// Equal where the canonical specs are: they hold every parameter exactly.
impl PartialEq for Delay {
    fn eq(&self, other: &Self) -> bool {
        self.to_string() == other.to_string()
    }
}

impl fmt::Display for Delay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.cap < Nanos::LONGEST {
            write!(f, "capped({},{})", self.family, self.cap)
        } else {
            write!(f, "{}", self.family)
        }
    }
}
