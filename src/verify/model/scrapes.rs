//! What Prometheus has of the run: targets, raw samples, and the percentiles that a dashboard shows.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use serde::Deserialize;

use super::{
    clocks::Ahead,
    exemplars::ExemplarSeries,
    finding::Finding,
    form::{Form, common_form},
    histogram::Histogram,
    labels::{JOB, Labels, fits, label_text},
    lag::Sightings,
    native::Native,
    own_query::OwnAnswer,
    processes::{ProcessRun, Target, Window},
    quantile_query::QuantileQuery,
    series::Series,
    settings::{JobSettings, Settings},
    statistics::order_statistic,
    store::Store,
};
use crate::contract::Step;

/// The discovered label with the scrape interval, which Thanos and `VictoriaMetrics` tell only there.
const SCRAPE_INTERVAL: &str = "__scrape_interval__";
/// The shortest wait that is usual.
pub const USUAL_WAIT: Duration = Duration::from_mins(1);

#[derive(Clone, Debug)]
pub struct Scrapes {
    pub store: Store,
    /// What it warned of in its answers, such as that they are partial.
    pub warnings: BTreeSet<String>,
    /// Those of the replicas that answered.
    pub targets: Vec<Target>,
    /// Where several servers scrape the same targets, and the store deduplicates them: each by itself, with the labels that
    /// tell it from the others. The fields of this one are of the first server, the percentiles those of the view.
    pub servers: Vec<(String, Self)>,
    /// Those of other replicas, and those whose replica is unknown.
    pub others: Vec<Target>,
    /// The labels under which a `target_info` names a replica that has no target above, by its id.
    pub informed: BTreeMap<String, Labels>,
    /// Names of other metrics that look like the service's own, where one of its replicas has no target.
    pub similar: BTreeSet<String>,
    /// How long was waited.
    pub waited: Duration,
    pub active: Vec<ActiveTarget>,
    /// Native histograms without classic ones are converted to these.
    pub raw: Vec<Series>,
    /// How the histograms of each target are stored.
    pub forms: BTreeMap<Labels, Form>,
    pub exemplars: Finding<Vec<ExemplarSeries>>,
    pub native: Native,
    pub settings: Settings,
    pub window: Window,
    /// Over the whole run.
    pub run: QuantileQuery,
    /// Over a dashboard's `--rate-window`.
    pub rate_window: Option<QuantileQuery>,
    /// The answers to `--query`.
    pub own_queries: Vec<OwnAnswer>,
    /// The recording rules in `--query`, and when their evaluations could be seen.
    pub rules: (Vec<String>, Sightings),
    /// The clock of the scrapes.
    pub clock: Ahead,
    /// When scrapes could be seen.
    pub sightings: Sightings,
    /// Whether the process that scrapes is another one than before the run.
    pub is_restarted: bool,
}

/// A target in Prometheus' own list.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ActiveTarget {
    pub labels: Labels,
    /// The name of its scrape job.
    pub scrape_pool: String,
    pub scrape_url: String,
    pub health: String,
    pub last_error: String,
    /// Since Prometheus 2.29; such as `15s` or `1m30s`.
    scrape_interval: Option<String>,
    discovered_labels: Labels,
    /// Where no list tells the interval: the median spacing of the samples, in seconds.
    #[serde(skip)]
    spacing: Option<f64>,
    /// When it was scraped last, by its series `up`.
    #[serde(skip)]
    pub scraped: Option<i64>,
}

impl Scrapes {
    pub fn processes(&self) -> impl Iterator<Item = &ProcessRun> {
        self.targets.iter().flat_map(|target| &target.processes)
    }

    /// How the histograms of a target are stored.
    pub fn form_of(&self, target: &Target) -> Form {
        let form = self.forms.get(&target.labels);
        form.copied().unwrap_or_default()
    }

    /// How those of all targets are stored; `None` where they differ.
    pub fn form(&self) -> Option<Form> {
        common_form(self.targets.iter().map(|target| self.form_of(target)))
    }

    /// The bounds of the latency buckets, from the first process that has them.
    pub fn bounds(&self) -> Option<Vec<f64>> {
        let totals = self
            .processes()
            .filter_map(|process| process.counts.step(Step::Total));
        totals.map(Histogram::bounds).next()
    }

    /// Targets that have not been scraped since the run, though nothing says that they cannot be.
    pub fn pending(&self) -> impl Iterator<Item = &ActiveTarget> {
        let active = self.active.iter();
        active.filter(|target| target.is_pending(self.window.ended))
    }

    /// The listed target of a series' labels.
    pub fn active(&self, labels: &Labels) -> Option<&ActiveTarget> {
        self.active
            .iter()
            .find(|target| fits(labels, &target.labels))
    }

    /// The jobs of the judged targets, and their settings, as far as these are known.
    pub fn jobs(&self) -> impl Iterator<Item = (&str, JobSettings)> {
        let targets = self.targets.iter();
        let jobs = targets.filter_map(|target| self.active(&target.labels));
        let jobs: BTreeSet<_> = jobs.map(|active| active.scrape_pool.as_str()).collect();
        let jobs = jobs.into_iter();
        jobs.filter_map(|job| Some((job, self.settings.job(job)?)))
    }

    /// Targets of the service's jobs (of any, where the service has none) that cannot be scraped, with the error that
    /// Prometheus gives.
    pub fn down(&self) -> impl Iterator<Item = String> {
        let is_own = |target: &&ActiveTarget| {
            let mut own = self.targets.iter();
            self.targets.is_empty() || own.any(|own| own.labels.get(JOB) == target.labels.get(JOB))
        };
        let down = self.active.iter().filter(|target| target.health == "down");
        down.filter(is_own).map(|target| {
            let labels = label_text(&target.labels);
            let (url, error) = (&target.scrape_url, &target.last_error);
            format!("{labels} ({url}) is down: {error}")
        })
    }
}

impl ActiveTarget {
    /// The target of these samples, in a store that lists none.
    pub fn sampled(labels: Labels, instants: &BTreeSet<i64>) -> Self {
        let instants = Vec::from_iter(instants);
        let spacings = instants.windows(2).map(|pair| (pair[1] - pair[0]) as f64);
        let mut spacings: Vec<_> = spacings.collect();
        spacings.sort_by(f64::total_cmp);
        Self {
            labels,
            health: "up".to_owned(),
            spacing: order_statistic(&spacings, 0.5)
                .map(|spacing| (spacing / 100.0).round() / 10.0),
            scraped: instants.last().map(|at| **at),
            ..Self::default()
        }
    }

    /// Whether it has not been scraped since this instant, and is not down.
    pub fn is_pending(&self, since: i64) -> bool {
        self.health != "down" && self.scraped.is_none_or(|at| at < since)
    }

    /// Seconds from one scrape to the next, where it is known.
    pub fn interval(&self) -> Option<f64> {
        let discovered = self.discovered_labels.get(SCRAPE_INTERVAL);
        let text = self.scrape_interval.as_ref().or(discovered);
        text.and_then(|text| parse_duration(text)).or(self.spacing)
    }
}

/// The shortest wait that sees a scrape before and after: two intervals and a margin.
#[must_use]
pub fn needed_wait(interval_seconds: f64) -> Duration {
    Duration::try_from_secs_f64((2.0 * interval_seconds).ceil() + 5.0).unwrap_or(Duration::MAX)
}

/// How long to wait for scrapes of these targets, unless a flag says it.
pub fn usual_wait<'a>(targets: impl Iterator<Item = &'a ActiveTarget>) -> Duration {
    let intervals = targets.filter_map(ActiveTarget::interval);
    needed_wait(intervals.fold(0.0, f64::max)).max(USUAL_WAIT)
}

/// Seconds of a duration as Prometheus writes it: `1m30s`, `500ms`.
fn parse_duration(text: &str) -> Option<f64> {
    let (mut rest, mut seconds) = (text, 0.0);
    while !rest.is_empty() {
        let (amount, after) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit())?);
        let end = after.find(|c: char| c.is_ascii_digit());
        let (unit, after) = after.split_at(end.unwrap_or(after.len()));
        let scale = match unit {
            "ms" => 0.001,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            "d" => 86_400.0,
            _ => return None,
        };
        seconds += amount.parse::<f64>().ok()? * scale;
        rest = after;
    }
    (seconds > 0.0).then_some(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_wait_is_two_intervals_of_the_slowest_target_and_at_least_a_minute() {
        let target = |interval: Option<&str>| ActiveTarget {
            scrape_interval: interval.map(str::to_owned),
            ..ActiveTarget::default()
        };
        for (intervals, seconds) in [
            (&[][..], 60),
            (&[None], 60),
            (&[Some("1s"), Some("15s")], 60),
            (&[Some("2m"), Some("1s"), None], 245),
        ] {
            let targets: Vec<_> = intervals.iter().copied().map(target).collect();
            assert_eq!(usual_wait(targets.iter()).as_secs(), seconds);
        }
    }

    #[test]
    fn intervals_are_read_as_prometheus_writes_them() {
        for (text, seconds) in [
            ("15s", 15.0),
            ("500ms", 0.5),
            ("1m30s", 90.0),
            ("1h", 3600.0),
        ] {
            let read = parse_duration(text).unwrap();
            assert!((read - seconds).abs() < 1e-9, "{text}: {read}");
        }
        for bad in ["", "s", "15", "1w2x", "0s"] {
            assert_eq!(parse_duration(bad), None, "{bad}");
        }
    }
}
