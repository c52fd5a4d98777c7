//! Observations counted in the exponential buckets of a native histogram.

use std::{iter, mem};

use super::native::{MAX_BUCKETS, Schema, coarser};

/// Counts in at most 160 consecutive buckets. It starts at the finest schema, and merges buckets in pairs when a value does
/// not fit, as the OpenTelemetry SDKs do:
/// <https://opentelemetry.io/docs/specs/otel/metrics/sdk/#base2-exponential-bucket-histogram-aggregation>
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NativeCounts {
    schema: Schema,
    zero: u64,
    /// The index of the first count.
    start: i32,
    counts: Vec<u64>,
}

impl Default for NativeCounts {
    fn default() -> Self {
        Self {
            schema: Schema::MAX,
            zero: 0,
            start: 0,
            counts: Vec::new(),
        }
    }
}

impl NativeCounts {
    /// The schema that all values so far need.
    #[must_use]
    pub fn schema(&self) -> Schema {
        self.schema
    }

    /// How many values were 0.
    #[must_use]
    pub fn zero(&self) -> u64 {
        self.zero
    }

    /// The index of the first bucket, and the counts from there on. The last one is never 0.
    #[must_use]
    pub fn buckets(&self) -> (i32, &[u64]) {
        (self.start, &self.counts)
    }

    /// Counts a value. One that is negative or not finite is counted as 0: durations are neither.
    pub fn record(&mut self, value: f64) {
        let Some(index) = self.schema.index(value) else {
            self.zero += 1;
            return;
        };
        let at = usize::try_from(index - self.start);
        match at.ok().and_then(|at| self.counts.get_mut(at)) {
            Some(count) => *count += 1,
            None => self.extend(index),
        }
    }

    /// Counts a value outside the buckets that there are.
    #[cold]
    fn extend(&mut self, mut index: i32) {
        if self.counts.is_empty() {
            self.start = index;
        }
        let last = |counts: &Self| counts.start + length(&counts.counts) - 1;
        while index.max(last(self)) - index.min(self.start) >= MAX_BUCKETS {
            self.merge_pairs();
            index = coarser(index, 1);
        }
        if index < self.start {
            let more = usize::try_from(self.start - index).unwrap_or_default();
            self.counts.splice(0..0, iter::repeat_n(0, more));
            self.start = index;
        }
        self.add(index, 1);
    }

    /// One schema down.
    fn merge_pairs(&mut self) {
        let (start, counts) = (self.start, mem::take(&mut self.counts));
        self.schema = self.schema.down();
        self.start = coarser(start, 1);
        for (index, count) in (start..).zip(counts) {
            self.add(coarser(index, 1), count);
        }
    }

    /// Adds to the bucket of an index that is not below the first one.
    fn add(&mut self, index: i32, count: u64) {
        let at = usize::try_from(index - self.start).unwrap_or_default();
        if at >= self.counts.len() {
            self.counts.resize(at + 1, 0);
        }
        self.counts[at] += count;
    }
}

fn length(counts: &[u64]) -> i32 {
    i32::try_from(counts.len()).unwrap_or(MAX_BUCKETS)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_value_is_in_its_bucket_of_the_highest_schema_that_fits(
            values in prop::collection::vec(prop_oneof![Just(0.0), 1e-9..1e3, 0.9..1.1, 1e-300..1e300], 1..300)
        ) {
            let mut counts = NativeCounts::default();
            for value in &values {
                counts.record(*value);
            }
            let positive: Vec<f64> = values.iter().copied().filter(|value| *value > 0.0).collect();
            let low = positive.iter().copied().fold(f64::MAX, f64::min);
            let high = positive.iter().copied().fold(0.0, f64::max);
            if !positive.is_empty() {
                prop_assert_eq!(counts.schema(), Schema::fitting(low, high));
            }
            let mut expected = BTreeMap::new();
            for value in &positive {
                *expected.entry(counts.schema().index(*value).unwrap()).or_insert(0) += 1;
            }
            let (start, found) = counts.buckets();
            prop_assert!(length(found) <= MAX_BUCKETS);
            let found = (start..).zip(found.iter().copied()).filter(|(_, count)| *count > 0);
            prop_assert_eq!(found.collect::<BTreeMap<_, _>>(), expected);
            prop_assert_eq!(counts.zero(), (values.len() - positive.len()) as u64);
        }
    }

    #[test]
    fn the_smallest_and_the_largest_number_fit_and_others_are_zero() {
        let mut counts = NativeCounts::default();
        for value in [5e-324, f64::MAX, 0.0, -1.0, f64::NAN, f64::INFINITY] {
            counts.record(value);
        }
        assert_eq!((counts.schema(), counts.zero()), (Schema::MIN, 4));
        assert_eq!(counts.buckets().1.iter().sum::<u64>(), 2);
    }
}
