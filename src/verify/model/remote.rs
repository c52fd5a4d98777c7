//! The samples of a run in a store behind Prometheus, which gets them by remote write, beside those in Prometheus itself.

use std::time::Duration;

use super::{
    exposition::Sample,
    labels::{NAME, has_all},
    lag::Sightings,
    series::{Point, Series},
    statistics::Tolerance,
    store::Store,
};

/// A store may keep 15 digits.
const ROUNDING: Tolerance = Tolerance::Relative(1e-12);

#[derive(Clone, Debug)]
pub struct RemoteCopy {
    pub store: Store,
    /// The service's own counters in Prometheus: the samples of the run.
    pub here: Vec<Series>,
    /// Those in the store.
    pub there: Vec<Series>,
    /// How long after the last scrape of the run every sample could be read there; `None` where some never could.
    pub lag: Option<Duration>,
    /// When scrapes could be seen there.
    pub sightings: Sightings,
    /// How long was waited for them.
    pub waited: Duration,
    /// `None` where one of both did not answer.
    pub markers: Option<Markers>,
    /// Whether samples were left out, which the store keeps in another form.
    pub is_partial: bool,
    /// Whether some were converted from native histograms.
    pub is_converted: bool,
    /// What Prometheus itself counted in the run.
    pub queue: Option<QueueCounts>,
}

/// The series of the run that ended, as their stale markers in Prometheus show.
#[derive(Clone, Debug, Default)]
pub struct Markers {
    pub ended: usize,
    /// Of those, the ones whose marker cannot be seen any more.
    pub unseen: usize,
    /// Those that are not marked in the store.
    pub unmarked: Vec<Series>,
}

/// What Prometheus counts of its remote writes, `prometheus_remote_storage_samples_*_total`; over all its stores.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct QueueCounts {
    pub failed: f64,
    pub dropped: f64,
    pub retried: f64,
}

/// How the copy differs.
#[derive(Debug, Default)]
pub struct Differences<'a> {
    /// Series that are not there at all.
    pub missing: Vec<&'a Series>,
    /// Series of the same targets that are only there.
    pub added: Vec<&'a Series>,
    /// Series that are there without some samples, and how many of all their samples are missing.
    pub incomplete: Vec<(&'a Series, usize)>,
    /// Samples with another value there.
    pub changed: Vec<(&'a Series, Point, f64)>,
}

impl RemoteCopy {
    pub fn samples(&self) -> usize {
        self.here.iter().map(|series| series.points.len()).sum()
    }

    pub fn differences(&self) -> Differences<'_> {
        let mut found = Differences::default();
        let mut known = Vec::new();
        for series in &self.here {
            let Some(copy) = self.copy_of(series) else {
                found.missing.push(series);
                continue;
            };
            known.push(&copy.labels);
            let absent = series.points.iter().filter(|it| copy.at(it.at).is_none());
            match absent.count() {
                0 => {}
                count => found.incomplete.push((series, count)),
            }
            found
                .changed
                .extend(series.points.iter().filter_map(|point| {
                    let there = copy.at(point.at)?;
                    (!ROUNDING.allows(point.value, there)).then_some((series, *point, there))
                }));
        }
        let targets: Vec<_> = self.here.iter().map(Series::target).collect();
        let is_own = |series: &&Series| targets.iter().any(|own| has_all(&series.labels, own));
        let is_added = |series: &&Series| is_own(series) && !known.contains(&&series.labels);
        found.added = self.there.iter().filter(is_added).collect();
        found
    }

    /// Whether every sample is there.
    pub fn is_complete(&self) -> bool {
        let is_there = |series: &Series| {
            let copy = self.copy_of(series);
            copy.is_some_and(|copy| series.points.iter().all(|it| copy.at(it.at).is_some()))
        };
        self.here.iter().all(is_there)
    }

    /// The series there with all labels of this one; external labels may be added. Of several, the one with most of its
    /// samples: those of another Prometheus have other instants.
    fn copy_of(&self, series: &Series) -> Option<&Series> {
        let shared = |copy: &&Series| {
            let points = series.points.iter();
            points.filter(|point| copy.at(point.at).is_some()).count()
        };
        let copies = self.there.iter();
        let copies = copies.filter(|copy| has_all(&copy.labels, &series.labels));
        copies.max_by_key(shared)
    }
}

impl QueueCounts {
    /// From Prometheus' own metrics; `None` where it has no remote write.
    pub fn read(page: &[Sample]) -> Option<Self> {
        let total = |what: &str| {
            let name = format!("prometheus_remote_storage_samples_{what}_total");
            let own = page.iter().filter(|sample| sample.name == name);
            own.map(|sample| sample.value).reduce(|a, b| a + b)
        };
        Some(Self {
            failed: total("failed")?,
            dropped: total("dropped").unwrap_or_default(),
            retried: total("retried").unwrap_or_default(),
        })
    }

    pub fn since(self, before: Self) -> Self {
        Self {
            failed: self.failed - before.failed,
            dropped: self.dropped - before.dropped,
            retried: self.retried - before.retried,
        }
    }
}

/// The name and the other labels of a series, as in `PromQL`.
pub fn series_text(series: &Series) -> String {
    let others = series.labels.iter().filter(|(name, _)| *name != NAME);
    let words: Vec<_> = others
        .map(|(name, value)| format!("{name}={value:?}"))
        .collect();
    format!("{}{{{}}}", series.name(), words.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(labels: &[(&str, &str)], points: &[(i64, f64)]) -> Series {
        let text = |(n, v): &(&str, &str)| ((*n).to_owned(), (*v).to_owned());
        Series {
            labels: labels.iter().map(text).collect(),
            points: points
                .iter()
                .map(|&(at, value)| Point { at, value })
                .collect(),
        }
    }

    fn copy(here: Vec<Series>, there: Vec<Series>) -> RemoteCopy {
        RemoteCopy {
            store: Store::default(),
            here,
            there,
            lag: None,
            sightings: Sightings::default(),
            waited: Duration::ZERO,
            markers: None,
            is_partial: false,
            is_converted: false,
            queue: None,
        }
    }

    #[test]
    fn external_labels_are_no_difference_and_everything_else_is_one() {
        let name = (NAME, "x_count");
        let own = [name, ("job", "a")];
        let points = [(1, 0.1), (2, 5.0)];
        let outside = [name, ("cluster", "c"), ("job", "a")];
        let good = copy(
            vec![series(&own, &points)],
            vec![series(
                &outside,
                &[(1, 0.1 + f64::EPSILON / 16.0), (2, 5.0)],
            )],
        );
        assert!(good.is_complete());
        let found = good.differences();
        assert!(found.missing.is_empty() && found.added.is_empty() && found.changed.is_empty());
        let bad = copy(
            vec![
                series(&own, &points),
                series(&[(NAME, "x_sum"), ("job", "a")], &points),
            ],
            vec![
                series(&outside, &[(2, 6.0)]),
                series(&[(NAME, "y_sum"), ("job", "a")], &points),
                series(&[name, ("job", "b")], &points),
            ],
        );
        assert!(!bad.is_complete());
        let found = bad.differences();
        assert_eq!(series_text(found.missing[0]), "x_sum{job=\"a\"}");
        assert_eq!(series_text(found.added[0]), "y_sum{job=\"a\"}");
        assert_eq!((found.missing.len(), found.added.len()), (1, 1));
        assert_eq!(found.incomplete[0].1, 1);
        assert!((found.changed[0].2 - 6.0).abs() < 1e-9);
    }
}
