//! The declared delay: a quantile function, its grammar, and the draw that anyone can repeat.
//!
//! A delay is sampled, and its truth is told, by one function: [`Delay::quantile`]. It returns whole nanoseconds and
//! never decreases. [`Delay::cdf`] is found by searching it, so that the two cannot drift apart.

mod args;
mod draw;
mod duration;
mod family;
mod nanos;
mod parse;
#[cfg(test)]
mod tests;

use std::{fmt, time::Duration};

pub use args::DelayArgs;
pub use draw::{Domain, draw};
pub use duration::{DurationError, parse_duration};
pub use parse::SpecError;

use family::{Shape, Uniform};
use nanos::Nanos;

/// A distribution of delays, in whole nanoseconds from 0 to 100 days.
///
/// It is parsed from a spec, and displayed as the canonical one, which parses back to an equal delay:
///
/// ```
/// # use httpserver::delay::{Delay, SpecError};
/// let delay: Delay = "uniform(0ms, 2000ms)".parse()?;
/// assert_eq!(delay.to_string(), "uniform(0s,2s)");
/// assert_eq!(delay.quantile(0.99).as_secs_f64(), 1.98);
/// # Ok::<(), SpecError>(())
/// ```
///
/// | spec | delays |
/// |---|---|
/// | `constant(D)` | always D |
/// | `uniform(LOW,HIGH)` | evenly between the two |
/// | `normal(MEAN,SD)` | bell-shaped; negative draws are 0 |
/// | `lognormal(p50=D,p99=D)` | many short and a few long ones, by the median and the 99th percentile |
/// | `exponential(MEAN)` | as between independent events |
/// | `pareto(MIN,ALPHA)` | a heavy tail: above MIN, P(delay > x) = (MIN/x)^ALPHA, 0 < ALPHA <= 1000 |
/// | `quantiles(50=D,90=D,100=D)` | straight lines between the percentiles given; from `0=0s` unless it is given; 100 must be |
/// | `mix(W:SPEC,W:SPEC)` | one of several, by weights that sum to 1 (to 1e-6, then scaled) |
/// | `capped(SPEC,MAX)` | longer draws are cut to MAX |
#[derive(Clone, Debug, PartialEq)]
pub struct Delay {
    shape: Shape,
    /// [`Nanos::LONGEST`] where the cap changes nothing.
    cap: Nanos,
}

impl Delay {
    /// Cuts longer delays to `max`. The cap is part of the distribution: of its quantiles, its mean and its spec.
    #[must_use]
    pub fn capped(self, max: Duration) -> Self {
        let cap = self.cap.min(Nanos::from(max));
        let idle = self.shape.family().longest() <= cap;
        Self {
            cap: if idle { Nanos::LONGEST } else { cap },
            ..self
        }
    }

    /// The delay that a share `u` of requests does not exceed, to the nearest nanosecond.
    ///
    /// `u` is brought into 0 to 1; not-a-number counts as 0. It never decreases as `u` grows.
    #[must_use]
    pub fn quantile(&self, u: f64) -> Duration {
        self.nanos_at(if u > 0.0 { u.min(1.0) } else { 0.0 }).into()
    }

    /// The largest `u` from 0 to 1 whose quantile is at most `x`; 0 where there is none.
    ///
    /// So `quantile(u) <= x` exactly when `u <= cdf(x)`, for each `u` above 0, also where many requests share one
    /// delay. The search halves the range of bit patterns, since positive floats are ordered as their bits are.
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

    /// The mean delay, from closed forms that include the cap and what is cut at 0.
    #[must_use]
    pub fn mean(&self) -> Duration {
        Nanos::nearest(self.mean_up_to(Nanos::LONGEST)).into()
    }

    /// The largest possible delay: that of `quantile(1.0)`.
    #[must_use]
    pub fn max(&self) -> Duration {
        self.longest().into()
    }

    /// Whether the distribution itself ends somewhere: the tail of `exponential`, for one, does not.
    #[must_use]
    pub fn is_bounded(&self) -> bool {
        self.longest() < Nanos::LONGEST
    }

    fn nanos_at(&self, u: f64) -> Nanos {
        Nanos::nearest(self.shape.family().quantile(u)).min(self.cap)
    }

    fn longest(&self) -> Nanos {
        self.cap.min(self.shape.family().longest())
    }

    /// The probability of a delay above `nanos`.
    fn survival(&self, nanos: f64) -> f64 {
        if nanos >= self.longest().as_f64() {
            0.0
        } else {
            self.shape.family().survival(nanos)
        }
    }

    fn mean_up_to(&self, cap: Nanos) -> f64 {
        self.shape.family().mean(self.cap.min(cap).as_f64())
    }
}

impl From<Shape> for Delay {
    fn from(shape: Shape) -> Self {
        Self {
            shape,
            cap: Nanos::LONGEST,
        }
    }
}

/// `uniform(0s,2s)`.
impl Default for Delay {
    fn default() -> Self {
        let high = Nanos::from(Duration::from_secs(2));
        Self::from(Shape::Uniform(Uniform {
            low: Nanos::ZERO,
            high,
        }))
    }
}

impl fmt::Display for Delay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let family = self.shape.family();
        if self.cap < Nanos::LONGEST {
            write!(f, "capped({family},{})", self.cap)
        } else {
            write!(f, "{family}")
        }
    }
}
