//! Counts of a classic histogram, wherever they were read; and how two of them differ. Pure.

use std::{collections::BTreeMap, time::Duration};

use serde::Serialize;

use super::check::{Bound, Check};
use crate::buckets;

/// How far two sums of the same times may differ, relative to what was added up.
const SUM_TOLERANCE: f64 = 1e-9;

/// Cumulative counts by upper bound, which ends with +Inf; and what was observed in all.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(super) struct Histogram {
    pub(super) buckets: Vec<Bucket>,
    pub(super) sum: f64,
    pub(super) count: f64,
    /// The largest sum on the way to this one: what rounding errors are relative to.
    pub(super) scale: f64,
}

/// How many observations were at most `le`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) struct Bucket {
    pub(super) le: f64,
    pub(super) cumulative: f64,
}

/// What one life of one replica counted.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(super) struct Counts {
    pub(super) accepted: f64,
    pub(super) steps: BTreeMap<String, Histogram>,
}

/// One number that is not as it should be.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Difference {
    /// What it counts, such as `total, 0.5 < seconds <= 1`.
    pub(super) of: String,
    pub(super) expected: Option<f64>,
    pub(super) observed: Option<f64>,
}

impl Histogram {
    /// What buckets with these bounds count of these times.
    pub(super) fn of(bounds: &[f64], times: &[Duration]) -> Self {
        let mut seconds: Vec<_> = times.iter().map(Duration::as_secs_f64).collect();
        seconds.sort_by(f64::total_cmp);
        let upto = |le: f64| super::check::count(seconds.partition_point(|&time| time <= le));
        let ends = bounds.iter().copied().filter(|le| le.is_finite());
        let sum = seconds.iter().sum();
        Self {
            buckets: ends
                .chain([f64::INFINITY])
                .map(|le| Bucket {
                    le,
                    cumulative: upto(le),
                })
                .collect(),
            sum,
            count: super::check::count(seconds.len()),
            scale: sum,
        }
    }

    /// What was counted since `before`; a bound that `before` lacks began at 0.
    pub(super) fn since(&self, before: &Self) -> Self {
        let earlier = |le: f64| before.upto(le).unwrap_or_default();
        let since = |bucket: &Bucket| Bucket {
            le: bucket.le,
            cumulative: bucket.cumulative - earlier(bucket.le),
        };
        Self {
            buckets: self.buckets.iter().map(since).collect(),
            sum: self.sum - before.sum,
            count: self.count - before.count,
            scale: self.scale.max(self.sum).max(before.sum),
        }
    }

    /// Adds what another counted, bound by bound.
    pub(super) fn add(&mut self, other: &Self) {
        for bucket in &other.buckets {
            self.bucket(bucket.le).cumulative += bucket.cumulative;
        }
        self.sum += other.sum;
        self.count += other.count;
        self.scale = self.scale.max(other.scale).max(self.sum);
    }

    /// The bucket with this bound, made where there is none.
    pub(super) fn bucket(&mut self, le: f64) -> &mut Bucket {
        let at = self.buckets.partition_point(|bucket| bucket.le < le);
        if self.buckets.get(at).is_none_or(|found| found.le > le) {
            let empty = Bucket {
                le,
                cumulative: 0.0,
            };
            self.buckets.insert(at, empty);
        }
        &mut self.buckets[at]
    }

    /// How many were at most `le`, where that is a bound.
    pub(super) fn upto(&self, le: f64) -> Option<f64> {
        let same = |bucket: &&Bucket| bucket.le.total_cmp(&le).is_eq();
        self.buckets.iter().find(same).map(|found| found.cumulative)
    }

    /// The finite bounds.
    pub(super) fn bounds(&self) -> Vec<f64> {
        let all = self.buckets.iter().map(|bucket| bucket.le);
        all.filter(|le| le.is_finite()).collect()
    }

    /// What `histogram_quantile` makes of these counts.
    pub(super) fn quantile(&self, q: f64) -> f64 {
        let counts: Vec<_> = self
            .buckets
            .iter()
            .map(|bucket| bucket.cumulative)
            .collect();
        if self.upto(f64::INFINITY).is_none() {
            return f64::NAN;
        }
        buckets::quantile(q, &self.bounds(), &counts)
    }

    /// Where `observed` is not this, bucket by bucket; each may hold up to `surplus` more.
    pub(super) fn differences(&self, observed: &Self, surplus: f64, step: &str) -> Vec<Difference> {
        let mut found = self.bounds_that_differ(observed, step);
        let common: Vec<_> = self
            .buckets
            .iter()
            .filter(|bucket| observed.upto(bucket.le).is_some())
            .map(|bucket| bucket.le)
            .collect();
        let (mut low, mut below) = (0.0, (0.0, 0.0));
        for le in common {
            let upto = (
                self.upto(le).unwrap_or_default(),
                observed.upto(le).unwrap_or_default(),
            );
            let of = format!("{step}, {low} < seconds <= {le}");
            found.extend(compare(of, upto.0 - below.0, upto.1 - below.1, surplus));
            (low, below) = (le, upto);
        }
        found.extend(compare(
            format!("{step}, _count"),
            self.count,
            observed.count,
            surplus,
        ));
        found.extend(self.sum_that_differs(observed, surplus, step));
        found
    }

    fn bounds_that_differ(&self, observed: &Self, step: &str) -> Vec<Difference> {
        let missing = |of: &Self, from: &Self| -> Vec<Bucket> {
            let lacks = |bucket: &&Bucket| from.upto(bucket.le).is_none();
            of.buckets.iter().filter(lacks).copied().collect()
        };
        let gone = missing(self, observed)
            .into_iter()
            .map(|bucket| Difference {
                of: format!("{step}, le=\"{}\"", le(bucket.le)),
                expected: Some(bucket.cumulative),
                observed: None,
            });
        let more = missing(observed, self)
            .into_iter()
            .map(|bucket| Difference {
                of: format!("{step}, le=\"{}\"", le(bucket.le)),
                expected: None,
                observed: Some(bucket.cumulative),
            });
        gone.chain(more).collect()
    }

    fn sum_that_differs(&self, observed: &Self, surplus: f64, step: &str) -> Option<Difference> {
        let off = observed.sum - self.sum;
        let noise = SUM_TOLERANCE * self.scale.max(observed.scale).max(1.0);
        let holds = if surplus > 0.0 {
            off >= -noise
        } else {
            off.abs() <= noise
        };
        (!holds).then(|| Difference {
            of: format!("{step}, _sum"),
            expected: Some(self.sum),
            observed: Some(observed.sum),
        })
    }
}

impl Counts {
    /// What was counted since `before`.
    pub(super) fn since(&self, before: &Self) -> Self {
        let nothing = Histogram::default();
        let since = |(step, counted): (&String, &Histogram)| {
            let earlier = before.steps.get(step).unwrap_or(&nothing);
            (step.clone(), counted.since(earlier))
        };
        Self {
            accepted: self.accepted - before.accepted,
            steps: self.steps.iter().map(since).collect(),
        }
    }

    /// Adds what another life, or another replica, counted.
    pub(super) fn add(&mut self, other: &Self) {
        self.accepted += other.accepted;
        for (step, counted) in &other.steps {
            self.steps.entry(step.clone()).or_default().add(counted);
        }
    }

    /// How many observations a step has.
    pub(super) fn count(&self, step: &str) -> f64 {
        self.steps.get(step).map_or(0.0, |counted| counted.count)
    }

    /// Where `observed` is not this: in `accepted`, and in each step of either.
    pub(super) fn differences(&self, observed: &Self, surplus: f64) -> Vec<Difference> {
        let accepted = compare(
            "accepted".to_owned(),
            self.accepted,
            observed.accepted,
            surplus,
        );
        let mut found: Vec<_> = accepted.into_iter().collect();
        let nothing = Histogram::default();
        let mut steps: Vec<_> = self.steps.keys().chain(observed.steps.keys()).collect();
        steps.sort();
        steps.dedup();
        for step in steps {
            let [expected, observed] =
                [self, observed].map(|counts| counts.steps.get(step).unwrap_or(&nothing));
            found.extend(expected.differences(observed, surplus, step));
        }
        found
    }
}

fn compare(of: String, expected: f64, observed: f64, surplus: f64) -> Option<Difference> {
    let bound = if surplus > 0.0 {
        Bound::Surplus(surplus)
    } else {
        Bound::Exactly
    };
    let check = Check {
        expected,
        observed,
        bound,
    };
    (!check.holds()).then_some(Difference {
        of,
        expected: Some(expected),
        observed: Some(observed),
    })
}

/// A bound as the label says it.
pub(super) fn le(bound: f64) -> String {
    if bound.is_finite() {
        bound.to_string()
    } else {
        "+Inf".to_owned()
    }
}

#[cfg(test)]
mod tests;
