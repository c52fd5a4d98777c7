//! Raw samples of a run, turned into what each life of each replica counted. Pure: no clock, no client.
//!
//! From the last scrape before the run to the first one after it, the positive differences are added up; after a reset
//! the new value; a life that began inside the run begins at 0. Lives are told apart by instance id and start time.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{
    check::millis,
    exposition::{Labels, number},
    histogram::Counts,
};

/// A spacing of samples above this many scrape intervals is a gap.
const GAP: f64 = 1.5;

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

/// The series of one target: its own counters, and what tells its lives apart.
struct Group<'a> {
    namespace: &'a str,
    window: &'a Window,
    own: &'a [&'a Series],
    about: &'a [&'a Series],
}

impl Group<'_> {
    fn target(&self, labels: Labels, interval: Option<f64>) -> Target {
        let baseline = self.window.baselines.get(&labels).copied();
        let timeline = self.timeline(baseline.unwrap_or(i64::MIN));
        let lives = self.lives(&timeline);
        let span = (
            timeline.first().copied().unwrap_or_default(),
            timeline.last().copied().unwrap_or_default(),
        );
        let mut target = Target {
            has_baseline: baseline.is_some()
                || lives.first().is_some_and(|life| self.began_inside(life)),
            is_complete: span.1 >= self.window.ended && !timeline.is_empty(),
            gaps: gaps(&timeline, interval),
            lives,
            falls: Vec::new(),
            labels,
            span,
        };
        self.count(&mut target, baseline.is_some());
        target
    }

    /// The instants at which this target was scraped: from the baseline to the first one after the run.
    fn timeline(&self, from: i64) -> Vec<i64> {
        let points = self.own.iter().flat_map(|series| &series.points);
        let instants: BTreeSet<_> = points.map(|point| point.at).collect();
        let mut instants: Vec<_> = instants.into_iter().filter(|&at| at >= from).collect();
        let end = instants.partition_point(|&at| at < self.window.ended);
        instants.truncate(end + 1);
        instants
    }

    fn lives(&self, timeline: &[i64]) -> Vec<Life> {
        let identity = |at: i64| (self.instance_at(at), self.started_at(at));
        let mut lives = Vec::<Life>::new();
        for &at in timeline {
            let (instance_id, started_seconds) = identity(at);
            match lives.last_mut() {
                Some(life)
                    if life.instance_id == instance_id
                        && life.started_seconds == started_seconds =>
                {
                    life.span.1 = at;
                }
                _ => lives.push(Life {
                    instance_id,
                    started_seconds,
                    counts: Counts::default(),
                    span: (at, at),
                }),
            }
        }
        lives
    }

    fn instance_at(&self, at: i64) -> Option<String> {
        let mut infos = self
            .about
            .iter()
            .filter(|series| series.name() == "target_info");
        let info = infos.find(|series| series.at(at).is_some())?;
        info.labels.get("service_instance_id").cloned()
    }

    fn started_at(&self, at: i64) -> Option<f64> {
        let mut all = self.about.iter();
        all.find(|series| series.name() == "process_start_time_seconds")?
            .at(at)
    }

    fn began_inside(&self, life: &Life) -> bool {
        // Some exporters say whole seconds only.
        life.started_seconds
            .is_some_and(|started| 1e3 * (started + 1.0) > millis(self.window.began))
    }

    fn count(&self, target: &mut Target, has_baseline: bool) {
        let mut falls = BTreeSet::new();
        for (index, life) in target.lives.iter_mut().enumerate() {
            let follows = index > 0 || !has_baseline;
            let from_zero = follows && (life.started_seconds.is_none() || self.began_inside(life));
            for series in self.own {
                let inside: Vec<_> = series
                    .points
                    .iter()
                    .filter(|point| (life.span.0..=life.span.1).contains(&point.at))
                    .copied()
                    .collect();
                // A series that joins a life later began at 0: the service says nothing before there is something.
                let joins = inside.first().is_some_and(|first| first.at > life.span.0);
                let increase = increase(&inside, from_zero || joins);
                if increase.resets > 0 {
                    falls.insert(series.name().to_owned());
                }
                let largest = inside.iter().map(|point| point.value).fold(0.0, f64::max);
                self.enter(&mut life.counts, series, increase.value, largest);
            }
        }
        target.falls = falls.into_iter().collect();
    }

    fn enter(&self, counts: &mut Counts, series: &Series, value: f64, largest: f64) {
        let Some(name) = series.name().strip_prefix(self.namespace) else {
            return;
        };
        if name == "_requests_accepted_total" {
            counts.accepted += value;
            return;
        }
        let (Some(kind), Some(step)) = (
            name.strip_prefix("_execution_latency_seconds"),
            series.labels.get("step"),
        ) else {
            return;
        };
        let histogram = counts.steps.entry(step.clone()).or_default();
        match (kind, series.bound()) {
            ("_bucket", Some(le)) => histogram.bucket(le).cumulative += value,
            ("_count", _) => histogram.count += value,
            ("_sum", _) => {
                histogram.sum += value;
                histogram.scale = histogram.scale.max(largest);
            }
            _ => {}
        }
    }
}

impl Series {
    /// The value of one scrape.
    pub(super) fn at(&self, at: i64) -> Option<f64> {
        let index = self.points.binary_search_by_key(&at, |point| point.at);
        index.ok().map(|index| self.points[index].value)
    }
}

fn gaps(timeline: &[i64], interval: Option<f64>) -> Vec<Gap> {
    let spacings: Vec<_> = timeline
        .windows(2)
        .map(|pair| (pair[0], millis(pair[1] - pair[0]) / 1e3))
        .collect();
    let Some(interval) = interval.or_else(|| median(&spacings)) else {
        return Vec::new();
    };
    spacings
        .into_iter()
        .filter(|&(_, seconds)| seconds > GAP * interval)
        .map(|(after_ms, seconds)| Gap {
            after_ms,
            seconds,
            interval_seconds: interval,
        })
        .collect()
}

fn median(spacings: &[(i64, f64)]) -> Option<f64> {
    let mut all: Vec<_> = spacings.iter().map(|&(_, seconds)| seconds).collect();
    all.sort_by(f64::total_cmp);
    super::check::order_statistic(&all, 0.5)
}

#[cfg(test)]
mod tests;
