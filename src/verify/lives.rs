//! The lives of one target: where one process ends and the next begins, and what each counted. Pure.

use std::collections::BTreeSet;

use super::{
    check::{millis, order_statistic},
    exposition::Labels,
    histogram::Counts,
    series::{Gap, Life, Series, Target, Window, increase},
};

/// A spacing of samples above this many scrape intervals is a gap.
const GAP: f64 = 1.5;

/// The series of one target: its own counters, and what tells its lives apart.
pub(super) struct Group<'a> {
    pub(super) namespace: &'a str,
    pub(super) window: &'a Window,
    pub(super) own: &'a [&'a Series],
    pub(super) about: &'a [&'a Series],
}

impl Group<'_> {
    /// Sorts its samples by life, and adds them up.
    pub(super) fn target(&self, labels: Labels, interval: Option<f64>) -> Target {
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
    order_statistic(&all, 0.5)
}
