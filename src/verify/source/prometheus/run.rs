//! Asks Prometheus about one run: waits for the scrapes before and after it, and fetches its samples.

use std::{collections::BTreeSet, time::Duration};

use super::{
    api::{Prometheus, PrometheusError},
    own_queries,
    queries::{Queries, lookback},
    timekeeper::latest,
};
use crate::{
    contract::{
        Names, Step,
        names::{PROCESS_START_TIME, TARGET_INFO},
    },
    verify::{
        model::{
            labels::{JOB, Labels, fits},
            lag::Sightings,
            own_query::OwnQuery,
            page::ProcessCounts,
            processes::{self, Target, Window},
            promql::Selector,
            scrapes::{ActiveTarget, Scrapes, USUAL_WAIT, usual_wait},
            series::Series,
        },
        source::{pace::Pace, wait},
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
    /// By how many milliseconds the clocks of the replicas are ahead of this machine's; 0 where that can be neglected.
    pub clocks: Vec<i64>,
}

/// One run, as it is followed in Prometheus.
pub struct PrometheusRun<'a> {
    pub(super) queries: Queries<'a>,
    /// As given; by the scrape intervals where not.
    wait: Option<Duration>,
    pub(super) window: Window,
    /// When its process was started, where it tells.
    pub(super) started: Option<String>,
}

impl<'a> PrometheusRun<'a> {
    /// Waits until each of these replicas has been scraped, and notes the last sample of each target.
    pub async fn begin(
        (prometheus, scraper): (Prometheus, Option<Prometheus>),
        names: &'a Names,
        selector: &'a Selector,
        wait: Option<Duration>,
        instance_ids: &[String],
        own_queries: &[OwnQuery],
    ) -> Result<Self, PrometheusError> {
        let prometheus = prometheus.detected().await?;
        let mut run = Self {
            queries: Queries::new((prometheus, scraper), names, selector),
            wait,
            window: Window::default(),
            started: None,
        };
        run.started = run.queries.clock.started().await;
        let rules = own_queries::named(&run.queries.prometheus, own_queries).await;
        run.queries.rules = rules.into_iter().map(|rule| rule.name).collect();
        let now = latest(run.queries.now().await?);
        let what = "Prometheus to scrape every replica before the run";
        let raw = run.queries.raw(LOOKBACK_MS).await?;
        let active = run.queries.targets().await?;
        let wait = run.wait_for(&active, &raw);
        let mut pace = Pace::begin();
        let seen = wait::until(what, wait, async || {
            let latest = run.queries.latest(instance_ids).await.ok()?;
            if !pace.is_due(run.queries.covers(&latest, instance_ids, now)) {
                return None;
            }
            let raw = run.queries.raw(LOOKBACK_MS).await.ok()?;
            let active = run.queries.targets().await.ok()?;
            (all_were_scraped(&active, &raw) && run.queries.covers(&raw, instance_ids, now))
                .then_some(raw)
        })
        .await;
        let raw = if let Some(raw) = seen {
            raw
        } else {
            run.window.settled = now;
            run.queries.raw(LOOKBACK_MS).await?
        };
        let active = run.queries.targets().await?;
        run.note_baselines(&raw, &active);
        run.window.began = run.queries.now().await?;
        run.queries.sightings = Sightings::default();
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

    /// Asks once a second when the targets were scraped, while something else goes on; never returns.
    pub async fn watch(&mut self, instance_ids: &[String]) {
        self.queries.watch(instance_ids).await;
    }

    /// Waits for the first scrape of each target after the run, and fetches everything.
    pub async fn end(
        mut self,
        answered: &Answered<'_>,
        rate_window: Option<Duration>,
        own_queries: &[OwnQuery],
    ) -> Result<Scrapes, PrometheusError> {
        let mut pages = answered.pages.iter();
        let bounds = pages.find_map(|page| Some(page.counts.step(Step::Total)?.bounds()));
        self.queries.bounds = bounds.unwrap_or_default();
        let what = "Prometheus to scrape every target after the run";
        let mut last = Ok(0);
        wait::until(what, self.wait.unwrap_or(USUAL_WAIT), async || {
            last = self.queries.now().await;
            last.is_ok().then_some(())
        })
        .await;
        self.window.ended = latest(last?) + SCRAPE_MARGIN_MS;
        let own = self.queries.clock.ahead().apart();
        let clocks = answered.clocks.iter().map(|clock| clock - own);
        self.window.clocks = clocks.collect();
        let lookback = self.lookback().await?;
        let raw = self.queries.raw(lookback).await?;
        let active = self.queries.targets().await?;
        let wait = self.wait_for(&active, &raw);
        let ids: Vec<_> = answered.ids.iter().cloned().collect();
        let mut pace = Pace::begin();
        wait::until(what, wait, async || {
            let latest = self.queries.latest(&ids).await.ok()?;
            if !pace.is_due(self.queries.covers(&latest, &ids, self.window.ended)) {
                return None;
            }
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

    /// How far back from now the samples of the run reach, in milliseconds.
    pub(super) async fn lookback(&self) -> Result<i64, PrometheusError> {
        let first = self.window.baselines.values().copied();
        let first = first.chain([self.window.began]).min();
        let now = self.queries.now().await?;
        self.queries.clock.check()?;
        let repeated = self.wait.unwrap_or(USUAL_WAIT);
        Ok(lookback(first.unwrap_or_default(), now, repeated))
    }

    /// The targets that have samples of the run.
    pub(super) fn targets(&self, raw: &[Series], active: &[ActiveTarget]) -> Vec<Target> {
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

/// The longest interval, in seconds, at which the service's targets are scraped; `None` where that is not known.
pub async fn scrape_interval(
    (prometheus, scraper): (Prometheus, Option<Prometheus>),
    names: &Names,
    selector: &Selector,
) -> Option<f64> {
    let prometheus = prometheus.detected().await.ok()?;
    let mut queries = Queries::new((prometheus, scraper), names, selector);
    let raw = queries.raw(LOOKBACK_MS).await.ok()?;
    let own: BTreeSet<_> = queries.own(&raw).map(Series::target).collect();
    let active = queries.targets().await.ok()?;
    let own = active
        .iter()
        .filter(|target| own.iter().any(|own| fits(own, &target.labels)));
    own.filter_map(ActiveTarget::interval).reduce(f64::max)
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
