//! Raw samples of a run, sorted by target and by process, and what each process counted.
//!
//! Counted from the last scrape before the run to the first one after it. A process that started in the run starts at 0.
//! The instance id and the start time identify a process.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    counts::Counts,
    labels::Labels,
    rate::Range,
    series::{Series, increase},
    statistics::order_statistic,
};
use crate::contract::{
    Names,
    names::{PROCESS_START_TIME, TARGET_INFO, label},
};

/// A spacing of samples above this many scrape intervals is a gap.
const GAP: f64 = 1.5;
/// What a scrape may be late without a gap, at least, in seconds: a busy machine delays it, however short the interval.
const LATE: f64 = 1.25;

/// When the run was, by the clock of Prometheus, in milliseconds of Unix time.
#[derive(Clone, Debug, Default)]
pub struct Window {
    /// Before the first request.
    pub began: i64,
    /// After the last answer: a later scrape has seen everything.
    pub ended: i64,
    /// By how many milliseconds the clocks of the replicas are ahead of that of Prometheus.
    pub clocks: Vec<i64>,
    /// The last sample of each target before the load.
    pub baselines: BTreeMap<Labels, i64>,
    /// A baseline from before this instant lacks requests from before the load.
    pub settled: i64,
}

/// What one target of Prometheus has of the run.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// The labels that identify it: `job`, `instance` and others.
    pub labels: Labels,
    pub processes: Vec<ProcessRun>,
    pub gaps: Vec<Gap>,
    /// Whether it was scraped after the run.
    pub is_complete: bool,
    /// Whether its counts before the load are known: it was scraped since they were settled, or started in the run.
    pub has_baseline: bool,
    /// Series that fell without a process restart.
    pub falls: BTreeSet<String>,
    /// First and last sample of the run.
    pub span: (i64, i64),
    /// Whether its replica is known by its counts or start time alone: no series names it.
    pub is_matched: bool,
}

/// One process, as far as it was scraped.
#[derive(Clone, Debug, PartialEq)]
pub struct ProcessRun {
    pub instance_id: Option<String>,
    pub started_seconds: Option<f64>,
    pub counts: Counts,
    pub span: (i64, i64),
}

/// Missing scrapes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gap {
    pub after_ms: i64,
    pub seconds: f64,
    pub interval_seconds: f64,
}

/// The series of one target: its own counters, and those that tell its processes apart.
struct TargetSeries<'a> {
    names: &'a Names,
    window: &'a Window,
    own: Vec<&'a Series>,
    about: Vec<&'a Series>,
}

/// Sorts the samples of a run by target and by process. `interval` is the scrape interval of a target in seconds, where
/// it is known; otherwise the median spacing is taken.
pub fn targets(
    all: &[&Series],
    names: &Names,
    window: &Window,
    interval: impl Fn(&Labels) -> Option<f64>,
) -> Vec<Target> {
    let (own, about): (Vec<&Series>, Vec<&Series>) = all
        .iter()
        .partition(|series| names.read(series.name()).is_some());
    let mut grouped = BTreeMap::<Labels, Vec<&Series>>::new();
    for series in own {
        grouped.entry(series.target()).or_default().push(series);
    }
    let target = |(labels, own): (Labels, Vec<&Series>)| {
        let is_about = |series: &&Series| {
            let mut labels = labels.iter();
            labels.all(|(name, value)| series.has_label(name, value))
        };
        let about = about.iter().copied().filter(is_about).collect();
        let interval = interval(&labels);
        let series = TargetSeries {
            names,
            window,
            own,
            about,
        };
        series.target(labels, interval)
    };
    grouped.into_iter().map(target).collect()
}

impl Window {
    /// From its begin to its end, by the clocks of the replicas.
    pub fn by_replicas(&self) -> Range {
        let clocks = || self.clocks.iter().copied();
        Range {
            from: self.began + clocks().min().unwrap_or_default(),
            to: self.ended + clocks().max().unwrap_or_default(),
        }
    }
}

impl Target {
    /// Whether one of its processes is among these.
    pub fn is_of(&self, ids: &BTreeSet<String>) -> bool {
        let mut own = self.processes.iter();
        own.any(|process| {
            process
                .instance_id
                .as_ref()
                .is_some_and(|id| ids.contains(id))
        })
    }

    /// Whether no series names any of its processes.
    pub fn is_anonymous(&self) -> bool {
        let mut own = self.processes.iter();
        own.all(|process| process.instance_id.is_none())
    }
}

impl TargetSeries<'_> {
    fn target(&self, labels: Labels, interval: Option<f64>) -> Target {
        let baseline = self.window.baselines.get(&labels).copied();
        let timeline = self.timeline(baseline.unwrap_or(i64::MIN));
        let processes = self.processes(&timeline);
        let first = processes.first();
        let mut target = Target {
            has_baseline: baseline.is_some_and(|at| at >= self.window.settled)
                || first.is_some_and(|process| self.started_inside(process)),
            is_complete: timeline.last().is_some_and(|&at| at >= self.window.ended),
            gaps: gaps(&timeline, interval),
            span: (
                timeline.first().copied().unwrap_or_default(),
                timeline.last().copied().unwrap_or_default(),
            ),
            processes,
            falls: BTreeSet::new(),
            is_matched: false,
            labels,
        };
        self.count(&mut target, baseline.is_some());
        target
    }

    /// The instants at which this target was scraped: from the baseline to the first one after the run.
    fn timeline(&self, from: i64) -> Vec<i64> {
        let points = self.own.iter().flat_map(|series| &series.points);
        let instants: BTreeSet<_> = points.map(|point| point.at).collect();
        let mut instants: Vec<_> = instants.range(from..).copied().collect();
        let end = instants.partition_point(|&at| at < self.window.ended);
        instants.truncate(end + 1);
        instants
    }

    fn processes(&self, timeline: &[i64]) -> Vec<ProcessRun> {
        let identity = |at: &i64| (self.instance_at(*at), self.started_at(*at));
        let runs = timeline.chunk_by(|a, b| identity(a) == identity(b));
        let run = |run: &[i64]| {
            let span = (*run.first()?, *run.last()?);
            let (instance_id, started_seconds) = identity(&span.0);
            Some(ProcessRun {
                instance_id,
                started_seconds,
                counts: Counts::default(),
                span,
            })
        };
        runs.filter_map(run).collect()
    }

    fn instance_at(&self, at: i64) -> Option<String> {
        let mut infos = self.about(TARGET_INFO);
        let info = infos.find(|series| series.at(at).is_some())?;
        info.labels.get(label::INSTANCE_ID).cloned()
    }

    fn started_at(&self, at: i64) -> Option<f64> {
        self.about(PROCESS_START_TIME).next()?.at(at)
    }

    fn about(&self, name: &str) -> impl Iterator<Item = &Series> {
        let about = self.about.iter().copied();
        about.filter(move |series| series.name() == name)
    }

    fn started_inside(&self, process: &ProcessRun) -> bool {
        // Some exporters round to whole seconds.
        let started = process.started_seconds;
        let began = self.window.by_replicas().from;
        started.is_some_and(|started| 1e3 * (started + 1.0) > began as f64)
    }

    fn count(&self, target: &mut Target, has_baseline: bool) {
        for (index, process) in target.processes.iter_mut().enumerate() {
            let follows = index > 0 || !has_baseline;
            let from_zero =
                follows && (process.started_seconds.is_none() || self.started_inside(process));
            let (start, end) = process.span;
            for series in &self.own {
                let first = series.points.partition_point(|point| point.at < start);
                let last = series.points.partition_point(|point| point.at <= end);
                let inside = &series.points[first..last];
                // One of an earlier process, such as one with other buckets.
                if inside.is_empty() {
                    continue;
                }
                // A series that appears later started at 0: the SDK exports a label set only after its first use.
                let joins = inside.first().is_some_and(|first| first.at > start);
                let increase = increase(inside, from_zero || joins);
                if increase.resets > 0 {
                    target.falls.insert(series.name().to_owned());
                }
                let largest = inside.iter().map(|point| point.value).fold(0.0, f64::max);
                process.counts.add_sample(
                    self.names,
                    series.name(),
                    &series.labels,
                    (increase.value, largest),
                );
            }
        }
    }
}

fn gaps(timeline: &[i64], interval: Option<f64>) -> Vec<Gap> {
    let seconds = |pair: &[i64]| (pair[1] - pair[0]) as f64 / 1e3;
    let mut spacings: Vec<_> = timeline.windows(2).map(seconds).collect();
    spacings.sort_by(f64::total_cmp);
    let Some(interval) = interval.or_else(|| order_statistic(&spacings, 0.5)) else {
        return Vec::new();
    };
    let longest = (GAP * interval).max(interval + LATE);
    let long = timeline.windows(2);
    let long = long.filter(|pair| seconds(pair) > longest);
    long.map(|pair| Gap {
        after_ms: pair[0],
        seconds: seconds(pair),
        interval_seconds: interval,
    })
    .collect()
}

#[cfg(test)]
mod tests;
