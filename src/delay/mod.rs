//! The declared delay: a quantile function, its grammar, and a draw that can be repeated anywhere.
//!
//! Requests are delayed by [`Delay::quantile`], and the exact statistics come from the same function, so the two cannot
//! diverge. It returns whole nanoseconds and never decreases. [`Delay::cdf`] inverts it by bisection.

mod args;
mod distribution;
mod draw;
mod family;
mod nanos;
mod spec;
#[cfg(test)]
mod tests;
mod text;

use std::{str::FromStr, time::Duration};

pub use args::DelayArgs;
pub use distribution::Delay;
pub use draw::{Domain, draw};
pub use spec::SpecError;
pub use text::{DurationError, parse_duration, parse_positive_duration};

/// Reads a spec. Spaces are allowed around every word, number and sign.
impl FromStr for Delay {
    type Err = SpecError;

    fn from_str(spec: &str) -> Result<Self, Self::Err> {
        spec::parse(spec, family::ALL)
    }
}

/// `uniform(0s,2s)`.
impl Default for Delay {
    fn default() -> Self {
        family::uniform(Duration::ZERO, Duration::from_secs(2))
    }
}
