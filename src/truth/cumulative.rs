//! The share of the delays within a bucket's upper bound.

use std::time::Duration;

use crate::delay::Delay;

/// The probability of a delay of at most each of `bounds` (seconds), and 1 for +Inf.
#[must_use]
pub fn cumulative(delay: &Delay, bounds: &[f64]) -> Vec<f64> {
    let finite = bounds.iter().map(|&le| within(delay, le));
    finite.chain([1.0]).collect()
}

/// The probability of a delay that a bucket with this bound counts.
pub fn within(delay: &Delay, le: f64) -> f64 {
    delay.cdf(longest_within(le))
}

/// The longest delay in whole nanoseconds that a bucket with this bound counts; a bucket compares seconds.
pub fn longest_within(le: f64) -> Duration {
    let nearest = Duration::try_from_secs_f64(le).unwrap_or(Duration::MAX);
    if nearest.as_secs_f64() > le {
        nearest.saturating_sub(Duration::from_nanos(1))
    } else {
        nearest
    }
}
