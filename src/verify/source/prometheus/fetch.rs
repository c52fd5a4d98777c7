//! Fetches the samples and percentiles of a run that is over; of each server by itself, where Thanos deduplicates several.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use super::{
    api::PrometheusError,
    features, native, own_queries,
    run::{Answered, PrometheusRun},
};
use crate::verify::model::{
    form::Form,
    identify::identify,
    labels::{Labels, label_text},
    own_query::OwnQuery,
    processes::Target,
    promql::Selector,
    quantile_query::{self, QUANTILES, QuantileQuery},
    rate::{Formula, PREVIOUS_MS, Range},
    scrapes::Scrapes,
    series::Series,
};

/// The windows of the percentiles: the run, and that of a dashboard.
#[derive(Clone, Copy)]
struct Windows {
    run: Range,
    dashboard: Option<Range>,
}

/// The percentiles over both windows.
type Reported = [Vec<Option<f64>>; 2];

/// One server that scrapes, and what it computes.
struct Server {
    name: String,
    targets: Vec<Target>,
    windows: Windows,
    selectors: Vec<Selector>,
    form: Option<Form>,
    reported: Reported,
}

impl PrometheusRun<'_> {
    pub(super) async fn fetch(
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
        let windows = self.windows(&targets, window);
        let to = windows.run.to;
        // A scrape in flight may still add a sample from before `to`.
        let rest = u64::try_from(to + 500 - self.queries.now().await?).unwrap_or_default();
        tokio::time::sleep(Duration::from_millis(rest).min(waited)).await;
        let is_seen = |id: &&String| {
            targets
                .iter()
                .any(|target| target.is_of(&[(*id).clone()].into()))
        };
        let unseen: Vec<_> = answered.ids.iter().filter(|id| !is_seen(id)).collect();
        let (informed, similar) = self.queries.about_missing(&unseen).await?;
        let (servers, view) = self.ask_servers(&targets, &others, window).await?;
        let first = servers.first();
        let native = match first {
            Some(first) => {
                let own: Vec<_> = first.targets.iter().map(|it| &it.labels).collect();
                native::native(&self.queries, &first.selectors, &own, first.windows.run).await
            }
            None => native::native(&self.queries, &[], &[], windows.run).await,
        };
        let raw = self.queries.raw(lookback + 1000).await?;
        self.queries.agree()?;
        let rated = match self.queries.store().formula() {
            Formula::Prometheus | Formula::Custom => raw.clone(),
            Formula::VictoriaMetrics => self.queries.counters(lookback + PREVIOUS_MS).await?,
        };
        let own_queries = own_queries::ask(&mut self.queries, own_queries, to, waited).await?;
        let mut scrapes = Scrapes {
            run: self.compared(windows.run, &[None; QUANTILES.len()], &[], None),
            forms: self.queries.forms.clone(),
            rate_window: None,
            store: self.queries.store().clone(),
            warnings: self.queries.prometheus.warnings(),
            targets: Vec::new(),
            servers: Vec::new(),
            others,
            informed,
            similar,
            waited,
            active,
            raw,
            own_queries,
            rules: (
                self.queries.rules.clone(),
                self.queries.rule_sightings.clone(),
            ),
            exemplars: features::exemplars(&self.queries, self.window.by_replicas()).await,
            native,
            settings: features::settings(&self.queries.prometheus).await,
            window: self.window.clone(),
            clock: self.queries.clock.ahead(),
            sightings: self.queries.sightings.clone(),
            is_restarted: match (&self.started, self.queries.clock.started().await) {
                (Some(before), Some(after)) => *before != after,
                _ => false,
            },
        };
        let raw: Vec<_> = servers
            .iter()
            .map(|it| of_targets(&rated, &it.targets))
            .collect();
        let each = servers.into_iter().zip(&raw);
        let mut each: Vec<_> = each
            .map(|(server, raw)| self.add(&scrapes, server, raw))
            .collect();
        if let Some([run, dashboard]) = view {
            let form = self.queries.form(targets.iter().map(|it| &it.labels));
            let (names, formula) = (self.queries.names, self.formula(form));
            let of =
                |range, reported| QuantileQuery::of_view(range, reported, &raw, names, formula);
            scrapes.targets.clone_from(&each[0].1.targets);
            scrapes.run = of(windows.run, &run);
            scrapes.rate_window = windows.dashboard.map(|range| of(range, &dashboard));
            // A dashboard shows the view alone.
            for (_, own) in &mut each {
                own.rate_window = None;
            }
            scrapes.servers = each;
        } else if let Some((_, only)) = each.pop() {
            scrapes = only;
        }
        Ok(scrapes)
    }

    /// The percentiles that each server computes, and those of the view of several.
    async fn ask_servers(
        &self,
        targets: &[Target],
        others: &[Target],
        window: Option<i64>,
    ) -> Result<(Vec<Server>, Option<Reported>), PrometheusError> {
        let replica_labels = self.queries.replica_labels().await?;
        let mut servers = Vec::new();
        for (labels, own) in by_server(targets, &replica_labels) {
            let windows = self.windows(&own, window);
            let beside = targets.iter().chain(others).map(|it| &it.labels);
            let beside = beside.filter(|labels| own.iter().all(|own| own.labels != **labels));
            let own_labels: Vec<_> = own.iter().map(|target| &target.labels).collect();
            let beside: Vec<_> = beside.collect();
            let selectors = quantile_query::selectors(&own_labels, &beside, self.queries.selector);
            let form = self.queries.form(own.iter().map(|target| &target.labels));
            let asked = (&selectors[..], dashboard_form(form));
            let reported = self.reported(asked, windows, false).await?;
            servers.push(Server {
                name: label_text(&labels),
                targets: own,
                windows,
                selectors,
                form,
                reported,
            });
        }
        let view = if servers.len() > 1 {
            let own = without(targets, &replica_labels);
            let beside = without(others, &replica_labels);
            let (own, beside) = (Vec::from_iter(&own), Vec::from_iter(&beside));
            let selectors = quantile_query::selectors(&own, &beside, self.queries.selector);
            let windows = self.windows(targets, window);
            let form = self.queries.form(targets.iter().map(|it| &it.labels));
            let asked = (&selectors[..], dashboard_form(form));
            Some(self.reported(asked, windows, true).await?)
        } else {
            None
        };
        Ok((servers, view))
    }

    /// One server by itself.
    fn add(&self, all: &Scrapes, server: Server, raw: &[Series]) -> (String, Scrapes) {
        let [run, dashboard] = &server.reported;
        let own = Scrapes {
            run: self.compared(server.windows.run, run, raw, server.form),
            rate_window: server
                .windows
                .dashboard
                .map(|range| self.compared(range, dashboard, raw, server.form)),
            targets: server.targets,
            ..all.clone()
        };
        (server.name, own)
    }

    fn windows(&self, targets: &[Target], window: Option<i64>) -> Windows {
        let spans = || targets.iter().map(|target| target.span);
        let to = spans().map(|(_, to)| to).max();
        let to = to.unwrap_or(self.window.ended);
        let from = spans().map(|(from, _)| from).min().unwrap_or(to);
        // The first sample is in the window of Prometheus; VictoriaMetrics takes it as the one before.
        let from = match self.queries.store().formula() {
            Formula::Prometheus | Formula::Custom => from - 1,
            Formula::VictoriaMetrics => from,
        };
        let dashboard = window.map(|window| Range {
            from: to - window,
            to,
        });
        let run = Range { from, to };
        Windows { run, dashboard }
    }

    /// The percentiles over both windows.
    async fn reported(
        &self,
        asked: (&[Selector], Option<Form>),
        windows: Windows,
        is_view: bool,
    ) -> Result<Reported, PrometheusError> {
        let prometheus = if is_view {
            &self.queries.prometheus.deduplicated()
        } else {
            &self.queries.prometheus
        };
        let run = windows.run;
        let run = self.queries.quantiles(prometheus, asked, run).await?;
        let in_window = match windows.dashboard {
            Some(range) => self.queries.quantiles(prometheus, asked, range).await?,
            None => Vec::new(),
        };
        Ok([run, in_window])
    }

    /// The formula of its percentiles.
    fn formula(&self, form: Option<Form>) -> Formula {
        match form {
            Some(Form::Custom) => Formula::Custom,
            _ => self.queries.store().formula(),
        }
    }

    fn compared(
        &self,
        range: Range,
        reported: &[Option<f64>],
        raw: &[Series],
        form: Option<Form>,
    ) -> QuantileQuery {
        let formula = self.formula(form);
        QuantileQuery::new(range, reported.to_vec(), raw, self.queries.names, formula)
    }
}

/// The form of which percentiles are judged here: those of exponential buckets are judged as native histograms.
fn dashboard_form(form: Option<Form>) -> Option<Form> {
    form.filter(|form| *form != Form::Exponential)
}

/// The targets of each server: all in one group, unless labels tell them apart.
fn by_server(targets: &[Target], labels: &BTreeSet<String>) -> BTreeMap<Labels, Vec<Target>> {
    let mut by_server = BTreeMap::<Labels, Vec<Target>>::new();
    for target in targets {
        let mut server = target.labels.clone();
        server.retain(|name, _| labels.contains(name));
        by_server.entry(server).or_default().push(target.clone());
    }
    by_server
}

/// The labels of targets, without those that deduplication removes.
fn without(targets: &[Target], removed: &BTreeSet<String>) -> BTreeSet<Labels> {
    let kept = targets.iter().map(|target| {
        let mut labels = target.labels.clone();
        labels.retain(|name, _| !removed.contains(name));
        labels
    });
    kept.collect()
}

fn of_targets(raw: &[Series], targets: &[Target]) -> Vec<Series> {
    let is_own = |series: &&Series| targets.iter().any(|it| series.is_from(&it.labels));
    raw.iter().filter(is_own).cloned().collect()
}
