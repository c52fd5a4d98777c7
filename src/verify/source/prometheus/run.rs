//! Asks Prometheus about one run: waits for the scrapes before and after it, and fetches its samples.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use super::api::{Prometheus, PrometheusError};
use crate::{
    contract::{
        Metric, Names,
        names::{PROCESS_START_TIME, TARGET_INFO, label},
    },
    verify::{
        model::{
            labels::{JOB, Labels, NAME, address},
            processes::{self, Target, Window},
            quantile_query::{QUANTILES, QuantileQuery},
            rate::Range,
            scrapes::{ActiveTarget, Scrapes},
            series::Series,
        },
        source::wait::{self, unix_millis},
    },
};

/// How far back the last scrape before the run may be.
const LOOKBACK_MS: i64 = 300_000;
/// A scrape that begins this long after the last answer has seen it, however Prometheus rounds.
const SCRAPE_MARGIN_MS: i64 = 20;

/// One run, as it is followed in Prometheus.
pub struct PrometheusRun<'a> {
    prometheus: Prometheus,
    names: &'a Names,
    wait: Duration,
    window: Window,
    clock_ahead: i64,
}

impl<'a> PrometheusRun<'a> {
    /// Waits until each of these replicas has been scraped, and notes the last sample of each target.
    pub async fn begin(
        prometheus: Prometheus,
        names: &'a Names,
        wait: Duration,
        instance_ids: &[String],
    ) -> Result<Self, PrometheusError> {
        let asked = unix_millis();
        let now = prometheus.now().await?;
        let mut run = Self {
            prometheus,
            names,
            wait,
            window: Window::default(),
            clock_ahead: now - asked.midpoint(unix_millis()),
        };
        let what = "Prometheus to scrape every replica before the run";
        let seen = wait::until(what, wait, async || {
            let active = run.prometheus.targets().await.ok()?;
            let raw = run.raw(LOOKBACK_MS).await.ok()?;
            (all_were_scraped(&active, &raw) && run.covers(&raw, instance_ids, now)).then_some(raw)
        })
        .await;
        let raw = match seen {
            Some(raw) => raw,
            None => run.raw(LOOKBACK_MS).await?,
        };
        run.note_baselines(&raw, &run.prometheus.targets().await?);
        run.window.began = run.prometheus.now().await?;
        Ok(run)
    }

    /// The samples that are visible now were scraped before the first request.
    fn note_baselines(&mut self, raw: &[Series], active: &[ActiveTarget]) {
        for series in self.accepted(raw) {
            if let Some(last) = series.points.last()
                && is_among(active, &series.labels)
            {
                self.window.baselines.insert(series.target(), last.at);
            }
        }
    }

    fn accepted<'s>(&self, raw: &'s [Series]) -> impl Iterator<Item = &'s Series> + use<'s> {
        let name = self.names.family(Metric::RequestsAccepted);
        raw.iter().filter(move |series| series.name() == name)
    }

    fn covers(&self, raw: &[Series], instance_ids: &[String], since: i64) -> bool {
        if instance_ids.is_empty() {
            return self.accepted(raw).any(|series| series.reaches(since));
        }
        let infos = raw.iter().filter(|series| series.name() == TARGET_INFO);
        let fresh: BTreeSet<_> = infos
            .filter(|series| series.reaches(since))
            .filter_map(|series| series.labels.get(label::INSTANCE_ID))
            .collect();
        instance_ids.iter().all(|id| fresh.contains(id))
    }

    /// Waits for the first scrape of each target after the run, and fetches everything.
    pub async fn end(mut self, rate_window: Option<Duration>) -> Result<Scrapes, PrometheusError> {
        let what = "Prometheus to scrape every target after the run";
        let mut last = Ok(0);
        wait::until(what, self.wait, async || {
            last = self.prometheus.now().await;
            last.is_ok().then_some(())
        })
        .await;
        self.window.ended = last? + SCRAPE_MARGIN_MS;
        wait::until(what, self.wait, async || {
            let raw = self.raw(self.lookback().await.ok()?).await.ok()?;
            let targets = self.targets(&raw, &[]);
            let active = self.prometheus.targets().await.ok()?;
            let is_done =
                |target: &Target| target.is_complete || !is_among(&active, &target.labels);
            (!targets.is_empty() && targets.iter().all(is_done)).then_some(())
        })
        .await;
        self.fetch(rate_window).await
    }

    async fn fetch(self, rate_window: Option<Duration>) -> Result<Scrapes, PrometheusError> {
        let active = self.prometheus.targets().await?;
        let window = rate_window.map(|window| i64::try_from(window.as_millis()));
        let window = window.map(|millis| millis.unwrap_or(i64::MAX));
        let lookback = self.lookback().await? + window.unwrap_or_default();
        let targets = self.targets(&self.raw(lookback).await?, &active);
        let spans = || targets.iter().map(|target| target.span);
        let to = spans().map(|(_, to)| to).max();
        let to = to.unwrap_or(self.window.ended);
        let from = spans().map(|(from, _)| from).min().unwrap_or(to);
        // A scrape in flight may still add a sample from before `to`.
        wait::until("Prometheus to close the window", self.wait, async || {
            (self.prometheus.now().await.ok()? > to + 500).then_some(())
        })
        .await;
        let run = Range { from: from - 1, to };
        let dashboard = window.map(|window| Range {
            from: to - window,
            to,
        });
        let reported = self.quantiles(run).await?;
        let reported_in_window = match dashboard {
            Some(range) => self.quantiles(range).await?,
            None => Vec::new(),
        };
        let raw = self.raw(lookback + 1000).await?;
        Ok(Scrapes {
            run: QuantileQuery::new(run, reported, &raw, self.names),
            rate_window: dashboard
                .map(|range| QuantileQuery::new(range, reported_in_window, &raw, self.names)),
            targets,
            active,
            raw,
            window: self.window,
            clock_ahead: self.clock_ahead,
        })
    }

    async fn quantiles(&self, range: Range) -> Result<Vec<Option<f64>>, PrometheusError> {
        let mut reported = Vec::new();
        for q in QUANTILES {
            let promql = QuantileQuery::promql(self.names, q, range.to - range.from);
            reported.push(self.prometheus.value(&promql, range.to).await?);
        }
        Ok(reported)
    }

    /// How far back from now the samples of the run reach, in milliseconds.
    async fn lookback(&self) -> Result<i64, PrometheusError> {
        let first = self.window.baselines.values().copied();
        let first = first.chain([self.window.began]).min();
        Ok(self.prometheus.now().await? - first.unwrap_or_default() + 1000)
    }

    /// Raw samples of the service's own counters, and of the series that tell its processes apart.
    async fn raw(&self, lookback: i64) -> Result<Vec<Series>, PrometheusError> {
        let latency = self.names.family(Metric::ExecutionLatency);
        let accepted = self.names.family(Metric::RequestsAccepted);
        let own = format!("{{{NAME}=~\"{latency}_(bucket|count|sum)|{accepted}\"}}[{lookback}ms]");
        let mut raw = self.prometheus.raw(&own).await?;
        let jobs = raw.iter().filter_map(|series| series.labels.get(JOB));
        let jobs: BTreeSet<_> = jobs.map(|job| escaped(job)).collect();
        if !jobs.is_empty() {
            let jobs = Vec::from_iter(jobs).join("|");
            let about = format!(
                "{{{NAME}=~\"{PROCESS_START_TIME}|{TARGET_INFO}\",{JOB}=~\"{jobs}\"}}[{lookback}ms]"
            );
            raw.extend(self.prometheus.raw(&about).await?);
        }
        Ok(raw)
    }

    /// The targets that have samples of the run.
    fn targets(&self, raw: &[Series], active: &[ActiveTarget]) -> Vec<Target> {
        let intervals = active.iter();
        let intervals: BTreeMap<_, f64> = intervals
            .filter_map(|target| Some((address(&target.labels), target.interval()?)))
            .collect();
        let is_of_run = |series: &&Series| {
            let mut baselines = self.window.baselines.keys();
            [TARGET_INFO, PROCESS_START_TIME].contains(&series.name())
                || baselines.any(|target| series.is_from(target))
                || series.reaches(self.window.began)
        };
        let raw: Vec<_> = raw.iter().filter(is_of_run).collect();
        processes::targets(&raw, self.names, &self.window, |labels| {
            intervals.get(&address(labels)).copied()
        })
    }
}

/// Whether every target of the service's jobs has been scraped at least once.
fn all_were_scraped(active: &[ActiveTarget], raw: &[Series]) -> bool {
    let jobs: BTreeSet<_> = raw.iter().map(|series| series.labels.get(JOB)).collect();
    let mut own = active.iter();
    own.all(|target| target.health != "unknown" || !jobs.contains(&target.labels.get(JOB)))
}

fn is_among(active: &[ActiveTarget], labels: &Labels) -> bool {
    let mut active = active.iter();
    active.any(|target| address(&target.labels) == address(labels))
}

/// A text as part of a regular expression in a quoted string of `PromQL`.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for letter in text.chars() {
        if "\\\"".contains(letter) {
            escaped.push_str(r"\\\");
        } else if ".+*?()|[]{}^$".contains(letter) {
            escaped.push_str(r"\\");
        }
        escaped.push(letter);
    }
    escaped
}
