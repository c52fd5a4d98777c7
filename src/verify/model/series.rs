//! Raw samples as Prometheus stores them.

use super::{
    counts,
    labels::{Labels, NAME},
};
use crate::contract::names::label;

/// One raw sample: milliseconds of Unix time, and a value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    pub at: i64,
    pub value: f64,
}

/// One series; its name is the label `__name__`, its points are in the order of time.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    pub labels: Labels,
    pub points: Vec<Point>,
}

/// By how much a counter rose.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Increase {
    pub value: f64,
    pub resets: usize,
}

/// Sums the positive differences; after a reset, the new value. The first value counts where the counter started at 0.
pub fn increase(points: &[Point], from_zero: bool) -> Increase {
    let mut increase = Increase::default();
    let mut previous = if from_zero {
        0.0
    } else {
        points.first().map_or(0.0, |first| first.value)
    };
    for point in points {
        if point.value < previous {
            increase.resets += 1;
            increase.value += point.value;
        } else {
            increase.value += point.value - previous;
        }
        previous = point.value;
    }
    increase
}

/// The labels that identify a target: all but those that the service itself sets.
pub fn target(labels: &Labels) -> Labels {
    let labels = target_labels(labels);
    labels.map(|(n, v)| (n.clone(), v.clone())).collect()
}

fn target_labels(labels: &Labels) -> impl Iterator<Item = (&String, &String)> {
    let own = [NAME, label::LE, label::STEP];
    let labels = labels.iter();
    labels.filter(move |(name, _)| !own.contains(&name.as_str()))
}

impl Series {
    pub fn name(&self) -> &str {
        self.labels.get(NAME).map_or("", String::as_str)
    }

    pub fn has_label(&self, name: &str, value: &str) -> bool {
        self.labels.get(name).is_some_and(|found| found == value)
    }

    /// The bound of a bucket.
    pub fn bound(&self) -> Option<f64> {
        counts::bound(&self.labels)
    }

    /// The labels that identify its target.
    pub fn target(&self) -> Labels {
        target(&self.labels)
    }

    /// Whether the series is one of this target's.
    pub fn is_from(&self, target: &Labels) -> bool {
        target_labels(&self.labels).eq(target)
    }

    /// The value of one scrape.
    pub fn at(&self, at: i64) -> Option<f64> {
        let index = self.points.binary_search_by_key(&at, |point| point.at);
        index.ok().map(|index| self.points[index].value)
    }

    /// Whether the last sample is at or after this instant.
    pub fn reaches(&self, at: i64) -> bool {
        self.points.last().is_some_and(|last| last.at >= at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positive_differences_survive_any_number_of_resets() {
        let rise = |values: &[f64], from_zero| {
            let points: Vec<_> = (0..)
                .zip(values)
                .map(|(at, &value)| Point { at, value })
                .collect();
            let increase = increase(&points, from_zero);
            (increase.value, increase.resets)
        };
        assert_eq!(rise(&[], true), (0.0, 0));
        assert_eq!(rise(&[7.0], false), (0.0, 0));
        assert_eq!(rise(&[7.0], true), (7.0, 0));
        assert_eq!(
            rise(&[7.0, 9.0, 2.0, 3.0, 0.0, 5.0], false),
            (2.0 + 3.0 + 5.0, 2)
        );
    }
}
