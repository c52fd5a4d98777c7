//! The service's own counters, from whichever source they were read.

use std::collections::BTreeMap;

use super::{
    exposition::number,
    histogram::{Difference, Histogram},
    labels::Labels,
};
use crate::contract::{Metric, Names, Part, Step, names::label};

/// What one process of the service counted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Counts {
    pub accepted: f64,
    /// Whether there is a series of accepted requests.
    pub has_accepted: bool,
    /// By the label `step`; a service may have steps that this one does not know.
    pub steps: BTreeMap<String, Histogram>,
}

impl Counts {
    /// Adds a sample; other metrics are ignored. `scale` is the largest value that the series had.
    pub fn add_sample(
        &mut self,
        names: &Names,
        name: &str,
        labels: &Labels,
        (value, scale): (f64, f64),
    ) {
        let part = match names.read(name) {
            Some((Metric::RequestsAccepted, Part::Value)) => {
                self.accepted += value;
                self.has_accepted = true;
                return;
            }
            Some((Metric::ExecutionLatency, part)) => part,
            _ => return,
        };
        let Some(step) = labels.get(label::STEP) else {
            return;
        };
        let histogram = self.steps.entry(step.clone()).or_default();
        match (part, bound(labels)) {
            (Part::Bucket, Some(le)) => histogram.bucket(le).cumulative += value,
            (Part::Count, _) => histogram.count += value,
            (Part::Sum, _) => {
                histogram.sum += value;
                histogram.scale = histogram.scale.max(scale);
            }
            _ => {}
        }
    }

    /// What these counts have for a sample; `None` for sums, which are not whole numbers, and for other metrics.
    pub fn sample(&self, names: &Names, name: &str, labels: &Labels) -> Option<f64> {
        match names.read(name)? {
            (Metric::RequestsAccepted, _) => Some(self.accepted),
            (Metric::ExecutionLatency, part) => {
                let histogram = self.steps.get(labels.get(label::STEP)?)?;
                match part {
                    Part::Bucket => histogram.upto(bound(labels)?),
                    Part::Count => Some(histogram.count),
                    Part::Sum | Part::Value => None,
                }
            }
            _ => None,
        }
    }

    /// What was counted since `before`.
    pub fn since(&self, before: &Self) -> Self {
        let zero = Histogram::default();
        let since = |(step, counted): (&String, &Histogram)| {
            let earlier = before.steps.get(step).unwrap_or(&zero);
            (step.clone(), counted.since(earlier))
        };
        Self {
            accepted: self.accepted - before.accepted,
            has_accepted: self.has_accepted,
            steps: self.steps.iter().map(since).collect(),
        }
    }

    /// Adds what another process counted.
    pub fn add(&mut self, other: &Self) {
        self.accepted += other.accepted;
        self.has_accepted |= other.has_accepted;
        for (step, counted) in &other.steps {
            self.steps.entry(step.clone()).or_default().add(counted);
        }
    }

    /// The same with the bucket `+Inf` alone.
    pub fn without_bounds(&self) -> Self {
        let mut own = self.clone();
        for histogram in own.steps.values_mut() {
            histogram.buckets.retain(|bucket| bucket.le.is_infinite());
        }
        own
    }

    pub fn step(&self, step: Step) -> Option<&Histogram> {
        self.steps.get(step.as_str())
    }

    /// How many observations a step has.
    pub fn count(&self, step: Step) -> f64 {
        self.step(step).map_or(0.0, |counted| counted.count)
    }

    /// Completed and cancelled requests.
    pub fn ended(&self) -> f64 {
        self.count(Step::Total) + self.count(Step::Cancelled)
    }

    /// Where `observed` differs from this; each count may be up to `surplus` higher. Accepted requests are compared
    /// where both have them.
    pub fn differences(&self, observed: &Self, surplus: f64) -> Vec<Difference> {
        let of = "accepted".to_owned();
        let accepted = Difference::between(of, self.accepted, observed.accepted, surplus);
        let is_known = self.has_accepted && observed.has_accepted;
        let mut found: Vec<_> = accepted.into_iter().filter(|_| is_known).collect();
        let zero = Histogram::default();
        let mut steps: Vec<_> = self.steps.keys().chain(observed.steps.keys()).collect();
        steps.sort();
        steps.dedup();
        for step in steps {
            let [expected, observed] =
                [self, observed].map(|counts| counts.steps.get(step).unwrap_or(&zero));
            found.extend(expected.differences(observed, surplus, step));
        }
        found
    }
}

/// The bound of a bucket as a number: Prometheus 3 stores `le="1"` as `"1.0"`.
pub fn bound(labels: &Labels) -> Option<f64> {
    labels.get(label::LE).and_then(|le| number(le))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn the_counts_of_two_processes_add_up_to_those_of_one() {
        let counts = |millis: &[u64]| {
            let times = millis.iter().copied().map(Duration::from_millis);
            Counts {
                accepted: millis.len() as f64,
                has_accepted: true,
                steps: [("total".to_owned(), Histogram::of(&[0.1, 0.5], times))].into(),
            }
        };
        let mut both = counts(&[50, 450]);
        both.add(&counts(&[400]));
        assert_eq!(counts(&[50, 400, 450]).differences(&both, 0.0), []);
    }
}
