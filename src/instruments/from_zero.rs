//! Counters whose series exist from the start, at 0: an alert cannot be written on a series that is absent.

use opentelemetry::metrics::{BoundCounter, Counter};

/// Binds a counter without labels and makes its series exist, at 0.
pub fn from_zero(counter: &Counter<u64>) -> BoundCounter<u64> {
    let bound = counter.bind(&[]);
    bound.add(0);
    bound
}
