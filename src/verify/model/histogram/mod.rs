//! The counts of a classic histogram, and how two of them differ.

use std::time::Duration;

use super::statistics::Tolerance;
use crate::buckets;

/// How far two sums of the same times may differ, relative to the largest sum.
const SUM_TOLERANCE: f64 = 1e-9;

/// Cumulative counts by upper bound (the last one is +Inf), sum and count.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Histogram {
    pub buckets: Vec<Bucket>,
    pub sum: f64,
    pub count: f64,
    /// The largest value that the sum had; rounding errors are relative to it.
    pub scale: f64,
}

/// How many observations were at most `le`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bucket {
    pub le: f64,
    pub cumulative: f64,
}

/// A count or sum that is not as expected.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// What it counts, such as `total, 0.5 < seconds <= 1`.
    pub of: String,
    pub expected: Option<f64>,
    pub observed: Option<f64>,
}

impl Histogram {
    /// What buckets with these bounds count of these times.
    pub fn of(bounds: &[f64], times: impl Iterator<Item = Duration>) -> Self {
        let ends = bounds.iter().copied().filter(|le| le.is_finite());
        let mut own = Self::default();
        for le in ends.chain([f64::INFINITY]) {
            own.bucket(le);
        }
        for seconds in times.map(|time| time.as_secs_f64()) {
            let at = own.buckets.partition_point(|bucket| bucket.le < seconds);
            own.buckets[at].cumulative += 1.0;
            own.count += 1.0;
            own.sum += seconds;
        }
        let mut below = 0.0;
        for bucket in &mut own.buckets {
            below += bucket.cumulative;
            bucket.cumulative = below;
        }
        own.scale = own.sum;
        own
    }

    /// What was counted since `before`; a bound that `before` lacks started at 0.
    pub fn since(&self, before: &Self) -> Self {
        let since = |bucket: &Bucket| Bucket {
            le: bucket.le,
            cumulative: bucket.cumulative - before.upto(bucket.le).unwrap_or_default(),
        };
        Self {
            buckets: self.buckets.iter().map(since).collect(),
            sum: self.sum - before.sum,
            count: self.count - before.count,
            scale: self.scale.max(self.sum).max(before.sum),
        }
    }

    /// Adds the counts of another one, bound by bound.
    pub fn add(&mut self, other: &Self) {
        for bucket in &other.buckets {
            self.bucket(bucket.le).cumulative += bucket.cumulative;
        }
        self.sum += other.sum;
        self.count += other.count;
        self.scale = self.scale.max(other.scale).max(self.sum);
    }

    /// The bucket with this bound, inserted where it is missing.
    pub fn bucket(&mut self, le: f64) -> &mut Bucket {
        let at = self.buckets.partition_point(|bucket| bucket.le < le);
        if self.buckets.get(at).is_none_or(|found| found.le > le) {
            let cumulative = 0.0;
            self.buckets.insert(at, Bucket { le, cumulative });
        }
        &mut self.buckets[at]
    }

    /// How many were at most `le`, where that is a bound.
    pub fn upto(&self, le: f64) -> Option<f64> {
        let same = |bucket: &&Bucket| bucket.le.total_cmp(&le).is_eq();
        self.buckets.iter().find(same).map(|found| found.cumulative)
    }

    /// The finite bounds.
    pub fn bounds(&self) -> Vec<f64> {
        let all = self.buckets.iter().map(|bucket| bucket.le);
        all.filter(|le| le.is_finite()).collect()
    }

    /// What `histogram_quantile` returns for these counts.
    pub fn quantile(&self, q: f64) -> f64 {
        if self.upto(f64::INFINITY).is_none() {
            return f64::NAN;
        }
        let counts = self.buckets.iter().map(|bucket| bucket.cumulative);
        buckets::quantile(q, &self.bounds(), &counts.collect::<Vec<_>>())
    }

    /// Where `observed` differs from this, bucket by bucket; each count may be up to `surplus` higher.
    pub fn differences(&self, observed: &Self, surplus: f64, step: &str) -> Vec<Difference> {
        let mut found = self.bounds_missing_in(observed, step);
        let added = observed.bounds_missing_in(self, step);
        found.extend(added.into_iter().map(Difference::swapped));
        let (mut low, mut below) = (0.0, (0.0, 0.0));
        for bucket in &self.buckets {
            let Some(seen) = observed.upto(bucket.le) else {
                continue;
            };
            let of = format!("{step}, {low} < seconds <= {}", bucket.le);
            let (expected, observed) = (bucket.cumulative - below.0, seen - below.1);
            found.extend(Difference::between(of, expected, observed, surplus));
            (low, below) = (bucket.le, (bucket.cumulative, seen));
        }
        let of = format!("{step}, _count");
        let (expected, count) = (self.count, observed.count);
        found.extend(Difference::between(of, expected, count, surplus));
        found.extend(self.sum_that_differs(observed, surplus, step));
        found
    }

    fn bounds_missing_in(&self, other: &Self, step: &str) -> Vec<Difference> {
        let missing = self.buckets.iter();
        let missing = missing.filter(|bucket| other.upto(bucket.le).is_none());
        missing
            .map(|bucket| Difference {
                of: format!("{step}, le=\"{}\"", bound_text(bucket.le)),
                expected: Some(bucket.cumulative),
                observed: None,
            })
            .collect()
    }

    fn sum_that_differs(&self, observed: &Self, surplus: f64, step: &str) -> Option<Difference> {
        let off = observed.sum - self.sum;
        let noise = SUM_TOLERANCE * self.scale.max(observed.scale).max(1.0);
        let is_allowed = if surplus > 0.0 {
            off >= -noise
        } else {
            off.abs() <= noise
        };
        (!is_allowed).then(|| Difference {
            of: format!("{step}, _sum"),
            expected: Some(self.sum),
            observed: Some(observed.sum),
        })
    }
}

impl Difference {
    /// `None` where `observed` is `expected`, or at most `surplus` above it.
    pub fn between(of: String, expected: f64, observed: f64, surplus: f64) -> Option<Self> {
        let tolerance = if surplus > 0.0 {
            Tolerance::Surplus(surplus)
        } else {
            Tolerance::Exact
        };
        (!tolerance.allows(expected, observed)).then_some(Self {
            of,
            expected: Some(expected),
            observed: Some(observed),
        })
    }

    fn swapped(self) -> Self {
        Self {
            expected: self.observed,
            observed: self.expected,
            ..self
        }
    }
}

/// A bound as the label `le` has it.
pub fn bound_text(bound: f64) -> String {
    if bound.is_finite() {
        bound.to_string()
    } else {
        "+Inf".to_owned()
    }
}

#[cfg(test)]
mod tests;
