//! The normal distribution, and the one whose logarithm is normal.

use std::{
    f64::consts::{PI, SQRT_2},
    fmt,
};

use libm::erfc;

use super::{Family, Nanos, level::Level};

/// Bell-shaped; what falls below 0 becomes 0.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::delay) struct Normal {
    pub(in crate::delay) mean: Nanos,
    pub(in crate::delay) sd: Nanos,
}

/// By its median and its 99th percentile, which lies above the median.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::delay) struct LogNormal {
    p50: Nanos,
    p99: Nanos,
    /// The standard deviation of the logarithm.
    sigma: f64,
}

/// The probability of a standard normal value above `z`.
fn above(z: f64) -> f64 {
    0.5 * erfc(z / SQRT_2)
}

// === impl Normal ===

impl Normal {
    /// The mean of what a value exceeds `bound` by, counting those that do not as 0.
    fn excess(&self, bound: f64) -> f64 {
        let (mean, sd) = (self.mean.as_f64(), self.sd.as_f64());
        let z = (bound - mean) / sd;
        let density = libm::exp(-0.5 * z * z) / (2.0 * PI).sqrt();
        (mean - bound) * above(z) + sd * density
    }
}

impl Family for Normal {
    fn quantile(&self, u: f64) -> f64 {
        self.mean.as_f64() + self.sd.as_f64() * Level::of(u).normal()
    }

    fn survival(&self, x: f64) -> f64 {
        above((x - self.mean.as_f64()) / self.sd.as_f64())
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

// === impl LogNormal ===

impl LogNormal {
    pub(in crate::delay) fn new(p50: Nanos, p99: Nanos) -> Self {
        let ratio = p99.as_f64() / p50.as_f64();
        Self {
            p50,
            p99,
            sigma: libm::log(ratio) / Level::of(0.99).normal(),
        }
    }

    fn z(&self, x: f64) -> f64 {
        libm::log(x / self.p50.as_f64()) / self.sigma
    }
}

impl Family for LogNormal {
    fn quantile(&self, u: f64) -> f64 {
        self.p50.as_f64() * libm::exp(self.sigma * Level::of(u).normal())
    }

    fn survival(&self, x: f64) -> f64 {
        above(self.z(x))
    }

    fn mean(&self, cap: f64) -> f64 {
        if cap <= 0.0 {
            return 0.0;
        }
        let z = self.z(cap);
        let uncapped = self.p50.as_f64() * libm::exp(0.5 * self.sigma * self.sigma);
        uncapped * above(self.sigma - z) + cap * above(z)
    }
}

impl fmt::Display for LogNormal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "lognormal(p50={},p99={})", self.p50, self.p99)
    }
}
