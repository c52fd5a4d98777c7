//! Asks Prometheus about one run: waits for the scrapes before and after it, and fetches its samples.

use std::{collections::BTreeSet, time::Duration};

use super::{
    api::{Prometheus, PrometheusError},
    features, native, own_queries,
    queries::Queries,
};
use crate::{
    contract::{
        Names,
        names::{PROCESS_START_TIME, TARGET_INFO},
    },
    verify::{
        model::{
            identify::identify,
            labels::{JOB, Labels, fits},
            own_query::OwnQuery,
            page::ProcessCounts,
            processes::{self, Target, Window},
            promql::Selector,
            quantile_query::{self, QuantileQuery},
            rate::{Formula, PREVIOUS_MS, Range},
            scrapes::{ActiveTarget, Scrapes, USUAL_WAIT, usual_wait},
            series::Series,
        },
        source::wait::{self, unix_millis},
    },
};

/// How far back the last scrape before the run may be.
const LOOKBACK_MS: i64 = 300_000;
/// A scrape that begins this long after the last answer has seen it, however Prometheus rounds.
const SCRAPE_MARGIN_MS: i64 = 20;
/// The longest usual wait for targets that may be another service's.
const LONGEST_WAIT: Duration = Duration::from_mins(5);

/// The replicas that answered, with the counts of those whose page was read.
pub struct Answered<'a> {
    pub ids: BTreeSet<String>,
    pub pages: Vec<ProcessCounts<'a>>,
}

/// One run, as it is followed in Prometheus.
pub struct PrometheusRun<'a> {
    queries: Queries<'a>,
    /// As given; by the scrape intervals where not.
    wait: Option<Duration>,
    window: Window,
    clock_ahead: i64,
}

impl<'a> PrometheusRun<'a> {
    /// Waits until each of these replicas has been scraped, and notes the last sample of each target.
    pub async fn begin(
        (prometheus, scraper): (Prometheus, Option<Prometheus>),
        names: &'a Names,
        selector: &'a Selector,
        wait: Option<Duration>,
        instance_ids: &[String],
    ) -> Result<Self, PrometheusError> {
        let prometheus = prometheus.detected().await?;
        let mut run = Self {
            queries: Queries::new((prometheus, scraper), names, selector),
            wait,
            window: Window::default(),
            clock_ahead: 0,
        };
        let asked = unix_millis();
        let now = run.queries.now().await?;
        run.clock_ahead = now - asked.midpoint(unix_millis());
        let what = "Prometheus to scrape every replica before the run";
        let raw = run.queries.raw(LOOKBACK_MS).await?;
        let active = run.queries.targets().await?;
        let wait = run.wait_for(&active, &raw);
        let seen = wait::until(what, wait, async || {
            let raw = run.queries.raw(LOOKBACK_MS).await.ok()?;
            let active = run.queries.targets().await.ok()?;
            (all_were_scraped(&active, &raw) && run.queries.covers(&raw, instance_ids, now))
                .then_some(raw)
        })
        .await;
        let raw = match seen {
            Some(raw) => raw,
            None => run.queries.raw(LOOKBACK_MS).await?,
        };
        let active = run.queries.targets().await?;
        run.note_baselines(&raw, &active);
        run.window.began = run.queries.now().await?;
        Ok(run)
    }

    /// How long to wait: as given, otherwise for two scrapes of the service's targets.
    fn wait_for(&self, active: &[ActiveTarget], raw: &[Series]) -> Duration {
        if let Some(given) = self.wait {
            return given;
        }
        let targets: BTreeSet<_> = self.queries.own(raw).map(Series::target).collect();
        let is_own = |target: &&ActiveTarget| targets.iter().any(|own| fits(own, &target.labels));
        if targets.is_empty() {
            usual_wait(active.iter()).min(LONGEST_WAIT)
        } else {
            usual_wait(active.iter().filter(is_own))
        }
    }

    /// The samples that are visible now were scraped before the first request.
    fn note_baselines(&mut self, raw: &[Series], active: &[ActiveTarget]) {
        let own = raw
            .iter()
            .filter(|series| self.queries.names.read(series.name()).is_some());
        for series in own {
            if let Some(last) = series.points.last()
                && is_among(active, &series.labels)
            {
                let baseline = self.window.baselines.entry(series.target());
                let baseline = baseline.or_insert(last.at);
                *baseline = last.at.max(*baseline);
            }
        }
    }

    /// Waits for the first scrape of each target after the run, and fetches everything.
    pub async fn end(
        mut self,
        answered: &Answered<'_>,
        rate_window: Option<Duration>,
        own_queries: &[OwnQuery],
    ) -> Result<Scrapes, PrometheusError> {
        let what = "Prometheus to scrape every target after the run";
        let mut last = Ok(0);
        wait::until(what, self.wait.unwrap_or(USUAL_WAIT), async || {
            last = self.queries.now().await;
            last.is_ok().then_some(())
        })
        .await;
        self.window.ended = last? + SCRAPE_MARGIN_MS;
        let lookback = self.lookback().await?;
        let raw = self.queries.raw(lookback).await?;
        let active = self.queries.targets().await?;
        let wait = self.wait_for(&active, &raw);
        wait::until(what, wait, async || {
            let lookback = self.lookback().await.ok()?;
            let raw = self.queries.raw(lookback).await.ok()?;
            let active = self.queries.targets().await.ok()?;
            let is_done = self.is_scraped(&active, &self.targets(&raw, &[]), answered);
            (is_done || !self.queries.is_one_server()).then_some(())
        })
        .await;
        self.fetch(answered, rate_window, own_queries, wait).await
    }

    /// Whether every target that is, or may be, one of a replica that answered has been scraped since the run.
    fn is_scraped(
        &self,
        active: &[ActiveTarget],
        targets: &[Target],
        answered: &Answered<'_>,
    ) -> bool {
        let is_seen = |id| {
            targets
                .iter()
                .any(|target| target.is_of(&[String::clone(id)].into()))
        };
        let all_seen = answered.ids.iter().all(is_seen);
        let mut own = targets
            .iter()
            .filter(|target| target.is_of(&answered.ids) || (!all_seen && target.is_anonymous()));
        let is_done = |target: &Target| target.is_complete || !is_among(active, &target.labels);
        let is_pending = |target: &ActiveTarget| target.is_pending(self.window.ended);
        own.all(is_done) && (all_seen || !active.iter().any(is_pending))
    }

    async fn fetch(
        mut self,
        answered: &Answered<'_>,
        rate_window: Option<Duration>,
        own_queries: &[OwnQuery],
        waited: Duration,
    ) -> Result<Scrapes, PrometheusError> {
        // The rest of the last scrape may still arrive.
        tokio::time::sleep(self.queries.store().delay()).await;
        let window = rate_window.map(|window| i64::try_from(window.as_millis()));
        let window = window.map(|millis| millis.unwrap_or(i64::MAX));
        let lookback = self.lookback().await? + window.unwrap_or_default();
        let raw = self.queries.raw(lookback).await?;
        let active = self.queries.targets().await?;
        self.queries.agree()?;
        let mut targets = self.targets(&raw, &active);
        identify(&mut targets, &answered.pages);
        let (targets, others): (Vec<_>, Vec<_>) = targets
            .into_iter()
            .partition(|target| target.is_of(&answered.ids));
        let spans = || targets.iter().map(|target| target.span);
        let to = spans().map(|(_, to)| to).max();
        let to = to.unwrap_or(self.window.ended);
        let from = spans().map(|(from, _)| from).min().unwrap_or(to);
        // A scrape in flight may still add a sample from before `to`.
        wait::until("Prometheus to close the window", waited, async || {
            (self.queries.now().await.ok()? > to + 500).then_some(())
        })
        .await;
        // The first sample is in the window of Prometheus; VictoriaMetrics takes it as the one before.
        let formula = self.queries.store().formula();
        let from = match formula {
            Formula::Prometheus => from - 1,
            Formula::VictoriaMetrics => from,
        };
        let run = Range { from, to };
        let dashboard = window.map(|window| Range {
            from: to - window,
            to,
        });
        let own: Vec<_> = targets.iter().map(|target| &target.labels).collect();
        let all: Vec<_> = others.iter().map(|target| &target.labels).collect();
        let selectors = quantile_query::selectors(&own, &all, self.queries.selector);
        let reported = self.queries.quantiles(&selectors, run).await?;
        let native = native::native(&self.queries, &selectors, &own, run).await;
        let reported_in_window = match dashboard {
            Some(range) => self.queries.quantiles(&selectors, range).await?,
            None => Vec::new(),
        };
        let raw = self.queries.raw(lookback + 1000).await?;
        self.queries.agree()?;
        let rated = match formula {
            Formula::Prometheus => raw.clone(),
            Formula::VictoriaMetrics => self.queries.counters(lookback + PREVIOUS_MS).await?,
        };
        let rated = rated.into_iter();
        let judged = rated.filter(|series| own.iter().any(|own| series.is_from(own)));
        let judged: Vec<_> = judged.collect();
        let is_seen = |id: &&String| {
            targets
                .iter()
                .any(|target| target.is_of(&[(*id).clone()].into()))
        };
        let unseen: Vec<_> = answered.ids.iter().filter(|id| !is_seen(id)).collect();
        let names = self.queries.names;
        let (informed, similar) = self.queries.about_missing(&unseen).await?;
        Ok(Scrapes {
            run: QuantileQuery::new(run, reported, &judged, names, formula),
            rate_window: dashboard.map(|range| {
                QuantileQuery::new(range, reported_in_window, &judged, names, formula)
            }),
            store: self.queries.store().clone(),
            warnings: self.queries.prometheus.warnings(),
            targets,
            others,
            informed,
            similar,
            waited,
            active,
            raw,
            own_queries: own_queries::ask(&self.queries, own_queries, to, waited).await?,
            exemplars: features::exemplars(&self.queries, run).await,
            native,
            settings: features::settings(&self.queries.prometheus).await,
            window: self.window,
            clock_ahead: self.clock_ahead,
        })
    }

    /// How far back from now the samples of the run reach, in milliseconds.
    async fn lookback(&self) -> Result<i64, PrometheusError> {
        let first = self.window.baselines.values().copied();
        let first = first.chain([self.window.began]).min();
        Ok(self.queries.now().await? - first.unwrap_or_default() + 1000)
    }

    /// The targets that have samples of the run.
    fn targets(&self, raw: &[Series], active: &[ActiveTarget]) -> Vec<Target> {
        let is_of_run = |series: &&Series| {
            let mut baselines = self.window.baselines.keys();
            [TARGET_INFO, PROCESS_START_TIME].contains(&series.name())
                || baselines.any(|target| series.is_from(target))
                || series.reaches(self.window.began)
        };
        let raw: Vec<_> = raw.iter().filter(is_of_run).collect();
        processes::targets(&raw, self.queries.names, &self.window, |labels| {
            let mut own = active.iter().filter(|target| fits(labels, &target.labels));
            own.find_map(ActiveTarget::interval)
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
    active.any(|target| fits(labels, &target.labels))
}
