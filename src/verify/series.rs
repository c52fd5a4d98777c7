//! Raw samples of a run, turned into what each life of each replica counted. Pure: no clock, no client.
//!
//! From the last scrape before the run to the first one after it, the positive differences are added up; after a reset
//! the new value; a life that began inside the run begins at 0. Lives are told apart by instance id and start time.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    exposition::{Labels, number},
    histogram::Counts,
    lives::Group,
};

/// One raw sample: milliseconds of Unix time, and a value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Point {
    pub(super) at: i64,
    pub(super) value: f64,
}

/// One series, with its name under `__name__`; its points in the order of time.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Series {
    pub(super) labels: Labels,
    pub(super) points: Vec<Point>,
}

/// When a run was, by the clock of Prometheus, in milliseconds of Unix time.
#[derive(Clone, Debug, Default)]
pub(super) struct Window {
    /// Before the first request.
    pub(super) began: i64,
    /// After the last answer: a scrape that begins after it has seen everything.
    pub(super) ended: i64,
    /// The last sample of each target that could be seen before the first request.
    pub(super) baselines: BTreeMap<Labels, i64>,
}

/// What one target of Prometheus tells of the run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Target {
    /// The labels that set it apart: `job`, `instance` and others.
    pub(super) labels: Labels,
    pub(super) lives: Vec<Life>,
    pub(super) gaps: Vec<Gap>,
    /// Whether it was scraped after the run.
    pub(super) is_complete: bool,
    /// Whether something was known of it before the run, or it began at 0 inside.
    pub(super) has_baseline: bool,
    /// Series that fell although their process lived on.
    pub(super) falls: Vec<String>,
    /// First and last sample of the run.
    #[serde(skip)]
    pub(super) span: (i64, i64),
}

/// A process from its start to its end, as far as it was scraped.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Life {
    pub(super) instance_id: Option<String>,
    pub(super) started_seconds: Option<f64>,
    pub(super) counts: Counts,
    #[serde(skip)]
    pub(super) span: (i64, i64),
}

/// Scrapes that are not there.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) struct Gap {
    pub(super) after_ms: i64,
    pub(super) seconds: f64,
    pub(super) interval_seconds: f64,
}

/// What a counter rose by.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Increase {
    pub(super) value: f64,
    pub(super) resets: usize,
}

/// Adds up the positive differences; after a fall, the new value. The first value counts where the counter began at 0.
pub(super) fn increase(points: &[Point], from_zero: bool) -> Increase {
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

/// Sorts the samples of a run by target and by life. `interval` says how often a target is scraped, in seconds, where
/// that is known; else it is the median spacing.
pub(super) fn targets(
    all: &[Series],
    namespace: &str,
    window: &Window,
    interval: impl Fn(&Labels) -> Option<f64>,
) -> Vec<Target> {
    let mut grouped = BTreeMap::<Labels, Vec<&Series>>::new();
    for series in all.iter().filter(|series| series.is_of(namespace)) {
        grouped.entry(series.target()).or_default().push(series);
    }
    let target = |(labels, own): (Labels, Vec<&Series>)| {
        let about: Vec<_> = all
            .iter()
            .filter(|series| !series.is_of(namespace) && series.concerns(&labels))
            .collect();
        let interval = interval(&labels);
        Group {
            namespace,
            window,
            own: &own,
            about: &about,
        }
        .target(labels, interval)
    };
    grouped.into_iter().map(target).collect()
}

impl Series {
    pub(super) fn name(&self) -> &str {
        self.labels.get("__name__").map_or("", String::as_str)
    }

    /// The bound of a bucket, as a number: Prometheus 3 stores `le="1"` as `"1.0"`.
    pub(super) fn bound(&self) -> Option<f64> {
        self.labels.get("le").and_then(|le| number(le))
    }

    /// The labels without those that the service itself gives.
    pub(super) fn target(&self) -> Labels {
        let mut labels = self.labels.clone();
        labels.retain(|name, _| !["__name__", "le", "step"].contains(&name.as_str()));
        labels
    }

    /// The value of one scrape.
    pub(super) fn at(&self, at: i64) -> Option<f64> {
        let index = self.points.binary_search_by_key(&at, |point| point.at);
        index.ok().map(|index| self.points[index].value)
    }

    fn is_of(&self, namespace: &str) -> bool {
        let rest = self.name().strip_prefix(namespace);
        rest.is_some_and(|rest| rest.starts_with('_'))
    }

    fn concerns(&self, target: &Labels) -> bool {
        target
            .iter()
            .all(|(name, value)| self.labels.get(name) == Some(value))
    }
}

#[cfg(test)]
mod tests;
