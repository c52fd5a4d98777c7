//! The exponential distribution and, with a heavier tail, Pareto's.

use std::fmt;

use super::{Family, Nanos, level::Level};

/// As between independent events.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::delay) struct Exponential {
    pub(in crate::delay) mean: Nanos,
}

/// Above `min`, larger than x with probability (min / x)^alpha.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::delay) struct Pareto {
    pub(in crate::delay) min: Nanos,
    pub(in crate::delay) alpha: f64,
}

// === impl Exponential ===

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

// === impl Pareto ===

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
