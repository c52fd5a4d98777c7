//! The queries of a run: raw samples, percentiles, and what there is instead of series that are missing.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use super::{
    api::{Prometheus, PrometheusError},
    timekeeper::Timekeeper,
};
use crate::{
    contract::{
        Metric, Names, Part,
        names::{PROCESS_START_TIME, TARGET_INFO, label},
    },
    verify::model::{
        agreement,
        classic_series::classic_series,
        form::{Form, common_form},
        labels::{JOB, Labels, NAME},
        lag::Sightings,
        promql::{Selector, quoted, regex_escaped},
        quantile_query::{QUANTILES, QuantileQuery},
        rate::Range,
        scrapes::ActiveTarget,
        series::{Series, target},
        store::{Kind, Store, TargetSource},
    },
};

/// A query may be evaluated this much later than the question for the time: Cortex takes the begin of the second for both.
const LOOKBACK_MARGIN_MS: i64 = 2000;

/// A target that has no sample for this long may be gone.
const RECENT_MS: i64 = 60_000;

/// A Prometheus, and what of it is asked for.
pub struct Queries<'a> {
    pub prometheus: Prometheus,
    /// Whose samples it stores, where it scrapes nothing by itself.
    scraper: Option<Prometheus>,
    pub names: &'a Names,
    pub selector: &'a Selector,
    /// The bounds of the service's classic buckets, as far as they are known.
    pub bounds: Vec<f64>,
    /// How the histograms of the last answer are stored, by target.
    pub forms: BTreeMap<Labels, Form>,
    /// When scrapes could be seen.
    pub sightings: Sightings,
    /// The recording rules that are watched, and when their evaluations could be seen.
    pub rules: Vec<String>,
    pub rule_sightings: Sightings,
    /// The counters of the last answer.
    last: Vec<Series>,
    /// When the targets of the last answer were scraped.
    instants: BTreeMap<Labels, BTreeSet<i64>>,
    /// How two answers differ that should not.
    difference: Option<String>,
    pub clock: Timekeeper,
}

impl<'a> Queries<'a> {
    pub fn new(
        (prometheus, scraper): (Prometheus, Option<Prometheus>),
        names: &'a Names,
        selector: &'a Selector,
    ) -> Self {
        let clock = scraper.as_ref().unwrap_or(&prometheus).clone();
        Self {
            clock: Timekeeper::new(clock),
            prometheus,
            scraper,
            instants: BTreeMap::new(),
            bounds: Vec::new(),
            forms: BTreeMap::new(),
            sightings: Sightings::default(),
            rules: Vec::new(),
            rule_sightings: Sightings::default(),
            names,
            selector,
            last: Vec::new(),
            difference: None,
        }
    }

    /// Whether all answers can be of one server, with one clock.
    pub fn is_one_server(&self) -> bool {
        self.difference.is_none() && self.clock.check().is_ok()
    }

    /// Fails where they cannot.
    pub fn agree(&self) -> Result<(), PrometheusError> {
        self.clock.check()?;
        let difference = self.difference.clone();
        difference.map_or(Ok(()), |difference| {
            Err(self.prometheus.differs(difference))
        })
    }

    pub fn store(&self) -> &Store {
        &self.prometheus.store
    }

    /// The time that the samples are stamped with, in milliseconds.
    pub async fn now(&self) -> Result<i64, PrometheusError> {
        self.clock.now().await
    }

    /// The targets that may be the service's: as listed; where nothing lists any, those with samples.
    pub async fn targets(&mut self) -> Result<Vec<ActiveTarget>, PrometheusError> {
        let (lister, source) = match &self.scraper {
            Some(scraper) => (scraper, TargetSource::Scraper),
            None => (&self.prometheus, TargetSource::Listed),
        };
        let mut targets = lister.targets().await?;
        let (targets, source) = if targets.is_empty() {
            (self.sampled().await?, TargetSource::Samples)
        } else {
            let prometheus = &self.prometheus;
            prometheus.note_scraped(&mut targets, self.selector).await?;
            (targets, source)
        };
        self.prometheus.store.targets = source;
        Ok(targets)
    }

    /// The targets of the last raw samples that are not stale now.
    async fn sampled(&self) -> Result<Vec<ActiveTarget>, PrometheusError> {
        let fresh = self.prometheus.vector(&self.own_series()).await?;
        let fresh: BTreeSet<_> = fresh
            .into_iter()
            .map(|(labels, _)| target(&labels))
            .collect();
        let instants = self.instants.iter();
        let fresh = instants.filter(|(labels, _)| fresh.contains(*labels));
        let targets = fresh.map(|(labels, all)| ActiveTarget::sampled(labels.clone(), all));
        Ok(targets.collect())
    }

    /// What selects the service's own counters.
    pub(super) fn own_series(&self) -> String {
        let latency = self.names.family(Metric::ExecutionLatency);
        let accepted = self.names.family(Metric::RequestsAccepted);
        let classic = match self.store().kind {
            // Native histograms are converted to series with this label.
            Kind::VictoriaMetrics => ",vmrange=\"\"",
            _ => "",
        };
        let selector = self.selector.and();
        format!("{{{NAME}=~\"{latency}(_(bucket|count|sum))?|{accepted}\"{classic}{selector}}}")
    }

    /// Raw samples of the service's own counters.
    pub async fn counters(&self, lookback: i64) -> Result<Vec<Series>, PrometheusError> {
        Ok(self.counters_and_forms(lookback).await?.0)
    }

    /// The same; native histograms are converted to the classic series of which there are none.
    async fn counters_and_forms(
        &self,
        lookback: i64,
    ) -> Result<(Vec<Series>, BTreeMap<Labels, Form>), PrometheusError> {
        let own = format!("{}[{lookback}ms]", self.own_series());
        let (mut raw, native) = self.prometheus.raw_and_histograms(&own, None).await?;
        let (forms, converted) = classic_series(&raw, &native, &self.bounds);
        raw.extend(converted);
        Ok((raw, forms))
    }

    /// How the histograms of these targets are stored; `None` where they differ.
    pub fn form<'t>(&self, targets: impl IntoIterator<Item = &'t Labels>) -> Option<Form> {
        let forms = targets.into_iter().map(|target| self.forms.get(target));
        common_form(forms.map(|form| form.copied().unwrap_or_default()))
    }

    /// Raw samples of the service's own counters, and of the series that tell its processes apart.
    pub async fn raw(&mut self, lookback: i64) -> Result<Vec<Series>, PrometheusError> {
        let (mut raw, forms) = self.counters_and_forms(lookback).await?;
        self.forms = forms;
        self.compare(&raw);
        self.instants.clear();
        for series in &raw {
            let instants = self.instants.entry(series.target()).or_default();
            instants.extend(series.points.iter().map(|point| point.at));
        }
        let selector = self.selector.and();
        let jobs = raw.iter().map(|series| series.labels.get(JOB));
        let jobs: BTreeSet<_> = jobs.map(|job| job.map_or("", String::as_str)).collect();
        if !jobs.is_empty() {
            let jobs: Vec<_> = jobs.into_iter().map(regex_escaped).collect();
            let jobs = quoted(&jobs.join("|"));
            let about = format!(
                "{{{NAME}=~\"{PROCESS_START_TIME}|{TARGET_INFO}\",{JOB}=~{jobs}{selector}}}[{lookback}ms]"
            );
            raw.extend(self.prometheus.raw(&about).await?);
        }
        Ok(raw)
    }

    fn compare(&mut self, raw: &[Series]) {
        let is_counter = |series: &&Series| {
            let part = self.names.read(series.name()).map(|(_, part)| part);
            matches!(part, Some(Part::Count | Part::Value))
        };
        let counters: Vec<_> = raw.iter().filter(is_counter).cloned().collect();
        let difference = agreement::difference(&self.last, &counters);
        self.difference = self.difference.take().or(difference);
        self.last = counters;
    }

    /// As it computes them, or as this view of it does; none where there is no form that all targets have.
    pub async fn quantiles(
        &self,
        prometheus: &Prometheus,
        (selectors, form): (&[Selector], Option<Form>),
        range: Range,
    ) -> Result<Vec<Option<f64>>, PrometheusError> {
        let Some(form) = form.filter(|_| !selectors.is_empty()) else {
            return Ok(vec![None; QUANTILES.len()]);
        };
        let mut reported = Vec::new();
        for q in QUANTILES {
            let window = range.to - range.from;
            let promql = QuantileQuery::promql(self.names, q, window, (selectors, form));
            reported.push(prometheus.value(&promql, range.to).await?);
        }
        Ok(reported)
    }

    /// The service's own counters.
    pub fn own<'s>(&self, raw: &'s [Series]) -> impl Iterator<Item = &'s Series> {
        raw.iter()
            .filter(|series| self.names.read(series.name()).is_some())
    }

    /// Whether each of these replicas has been scraped since this instant, as far as series name them.
    pub fn covers(&self, raw: &[Series], instance_ids: &[String], since: i64) -> bool {
        if instance_ids.is_empty() {
            return self.own(raw).any(|series| series.reaches(since));
        }
        let is_fresh = |series: &&Series| series.reaches(since);
        let infos = || raw.iter().filter(|series| series.name() == TARGET_INFO);
        // The counts are asked for before `target_info`: a scrape may be in one answer only.
        let is_counted = |info: &Series| {
            let fits = |own: &&Series| {
                own.target()
                    .iter()
                    .all(|(name, value)| info.has_label(name, value))
            };
            let mut own = self.own(raw).filter(fits).peekable();
            if own.peek().is_some() {
                own.any(|series| is_fresh(&series))
            } else {
                self.own(raw).any(|series| is_fresh(&series))
            }
        };
        // Without any `target_info` no scrape can tell the replicas apart.
        if infos().next().is_none() {
            let is_recent = |series: &&Series| series.reaches(since - RECENT_MS);
            return self.own(raw).any(|series| is_fresh(&series))
                && self
                    .own(raw)
                    .filter(is_recent)
                    .all(|series| is_fresh(&series));
        }
        instance_ids.iter().all(|id| {
            // Each Prometheus of a pair has its own.
            let is_recent = |info: &&Series| info.reaches(since - RECENT_MS);
            let own = infos().filter(|info| info.has_label(label::INSTANCE_ID, id));
            let own: Vec<_> = own.filter(is_recent).collect();
            let is_covered = |info: &&Series| is_fresh(info) && is_counted(info);
            !own.is_empty() && own.iter().all(is_covered)
        })
    }
}

/// How far back from now the samples since an instant reach, in milliseconds; also where the question has to be repeated
/// for so long, and is answered later.
pub fn lookback(since: i64, now: i64, repeated: Duration) -> i64 {
    let repeated = i64::try_from(repeated.as_millis()).unwrap_or_default();
    (now - since).max(0) + LOOKBACK_MARGIN_MS + repeated
}
