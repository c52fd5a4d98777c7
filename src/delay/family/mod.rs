//! The families of distributions: what each must know of itself. All times are nanoseconds.

mod level;
mod linear;
mod mix;
mod normal;
mod tail;

use std::fmt;

use super::nanos::Nanos;

pub(super) use linear::{Constant, Knot, Quantiles, Uniform};
pub(super) use mix::{Mix, Part};
pub(super) use normal::{LogNormal, Normal};
pub(super) use tail::{Exponential, Pareto};

/// One family, uncapped. Its `Display` is its spec.
pub(super) trait Family: fmt::Display {
    /// The value that a share `u` (0 to 1) does not exceed; never decreasing, possibly negative or infinite.
    fn quantile(&self, u: f64) -> f64;
    /// The probability of a value above `x`. Callers ask halfway between two whole nanoseconds, so that what counts
    /// is the rounded value, and an atom is never hit by half.
    fn survival(&self, x: f64) -> f64;
    /// The mean of what is left when values are cut to between 0 and `cap`.
    fn mean(&self, cap: f64) -> f64;
    /// The largest possible value; the longest delay of all where there is no bound.
    fn longest(&self) -> Nanos {
        Nanos::LONGEST
    }
}

/// Any of the families.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Shape {
    Constant(Constant),
    Uniform(Uniform),
    Normal(Normal),
    LogNormal(LogNormal),
    Exponential(Exponential),
    Pareto(Pareto),
    Quantiles(Quantiles),
    Mix(Mix),
}

impl Shape {
    pub(super) fn family(&self) -> &dyn Family {
        match self {
            Self::Constant(family) => family,
            Self::Uniform(family) => family,
            Self::Normal(family) => family,
            Self::LogNormal(family) => family,
            Self::Exponential(family) => family,
            Self::Pareto(family) => family,
            Self::Quantiles(family) => family,
            Self::Mix(family) => family,
        }
    }
}
