//! The part of Prometheus' HTTP API that is needed here; each error names the query.
//! <https://prometheus.io/docs/prometheus/latest/querying/api/>

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use reqwest::Url;
use serde::de::DeserializeOwned;

use super::answer::{Data, Envelope, Pair, Targets, VectorSample, instant};

use crate::{
    client::{Client, ClientError, Destination, Failure, without_password},
    verify::{
        model::{
            exposition::number,
            labels::{INSTANCE, JOB, Labels, NAME},
            promql::Selector,
            refusal,
            scrapes::ActiveTarget,
            series::Series,
            store::{Kind, Store},
        },
        source::url::below,
    },
};

/// Largest answer that is read, in bytes.
const MAX_BODY: usize = 64 << 20;

/// How annotations of a query begin; they do not say that an answer is incomplete.
const ANNOTATION: &str = "PromQL ";

/// A Prometheus server, or a store with its API, under any base path.
#[derive(Clone, Debug)]
pub struct Prometheus {
    pub(super) client: Client,
    pub(super) base: Url,
    pub store: Store,
    warnings: Arc<Mutex<BTreeSet<String>>>,
}

/// Why a query has no result.
#[derive(Debug, thiserror::Error)]
pub enum PrometheusError {
    #[error("`{query}`: {error}")]
    Client { query: String, error: ClientError },
    #[error("Prometheus refused `{query}`: {reason}")]
    Refused { query: String, reason: String },
    #[error("`{query}`: unexpected answer of Prometheus: {reason}")]
    Answer { query: String, reason: &'static str },
    #[error(
        "{url}: answers differ from one query to the next ({difference}): are there two servers behind this address? Give the address of one of them"
    )]
    Differs { url: String, difference: String },
    #[error(
        "{url}: the clock stepped by {} s in the run, so the times of its samples do not tell their order (or two servers with different clocks are behind this address)",
        step.as_secs()
    )]
    Stepped { url: String, step: Duration },
}

impl PrometheusError {
    /// Whether there is no such part of the API.
    pub fn is_unknown_path(&self) -> bool {
        let failure = match self {
            Self::Client { error, .. } => &error.failure,
            _ => return false,
        };
        matches!(failure, Failure::Status(400 | 404 | 405 | 501, _))
    }

    /// What to do about it before a run, where it is an error of this destination.
    pub fn remedy(&self, of: Destination) -> String {
        match self {
            Self::Client { error, .. } => refusal::remedy(of, &error.failure),
            Self::Refused { .. } | Self::Answer { .. } => "is this a Prometheus?".to_owned(),
            Self::Differs { .. } => "a run needs one server".to_owned(),
            Self::Stepped { .. } => "a run needs one clock".to_owned(),
        }
    }
}

impl Prometheus {
    pub fn new(client: Client, base: Url) -> Self {
        Self {
            client,
            base,
            store: Store::default(),
            warnings: Arc::default(),
        }
    }

    /// The error of answers that cannot be of one server.
    pub fn differs(&self, difference: String) -> PrometheusError {
        let url = without_password(&self.base);
        PrometheusError::Differs { url, difference }
    }

    /// The error of a clock that does not go on evenly.
    pub fn stepped(&self, step: Duration) -> PrometheusError {
        let url = without_password(&self.base);
        PrometheusError::Stepped { url, step }
    }

    /// Its own time, in milliseconds of Unix time.
    pub async fn now(&self) -> Result<i64, PrometheusError> {
        let query = self.store.now();
        let value = match self.query(query, None).await? {
            Data::Scalar(Pair(_, value)) => Some(value),
            Data::Vector(samples) => samples.into_iter().next().map(|sample| sample.value.1),
            Data::Matrix(_) => None,
        };
        let now = value.and_then(|value| number(&value)).map(instant);
        now.ok_or_else(|| unexpected(query, "expected a number"))
    }

    /// The page of its own metrics, where it has one.
    pub async fn own_metrics(&self) -> Option<String> {
        let url = below(&self.base, "/metrics");
        let answer = self.client.fetch(&url, MAX_BODY).await.ok()?;
        Some(answer.text())
    }

    /// The same, asked as a dashboard does: Thanos deduplicates.
    pub fn deduplicated(&self) -> Self {
        let mut view = self.clone();
        view.store.is_raw = false;
        view
    }

    /// What it warned of so far, such as that an answer is partial.
    pub fn warnings(&self) -> BTreeSet<String> {
        let warnings = self.warnings.lock();
        warnings.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The raw samples of a range selector, up to now.
    pub async fn raw(&self, selector: &str) -> Result<Vec<Series>, PrometheusError> {
        let Data::Matrix(all) = self.query(selector, None).await? else {
            return Err(unexpected(selector, "expected a matrix"));
        };
        // Only VictoriaMetrics returns stale markers: as NaN.
        let has_markers = self.store.kind == Kind::VictoriaMetrics;
        let series = all.into_iter().map(|series| series.read(has_markers));
        series
            .collect::<Option<_>>()
            .ok_or_else(|| unexpected(selector, "a value is not a number"))
    }

    /// The value of a query with at most one sample, at an instant.
    pub async fn value(&self, promql: &str, at: i64) -> Result<Option<f64>, PrometheusError> {
        match self.query(promql, Some(at)).await? {
            Data::Vector(samples) => match &samples[..] {
                [] => Ok(None),
                [VectorSample { value, .. }] => Ok(number(&value.1)),
                _ => Err(unexpected(promql, "expected one sample")),
            },
            _ => Err(unexpected(promql, "expected a vector")),
        }
    }

    /// Every sample of a query, now.
    pub async fn vector(&self, promql: &str) -> Result<Vec<(Labels, f64)>, PrometheusError> {
        self.samples(promql, None).await
    }

    /// Every sample of a query, at an instant; a scalar is one without labels.
    pub async fn vector_at(
        &self,
        promql: &str,
        at: i64,
    ) -> Result<Vec<(Labels, f64)>, PrometheusError> {
        self.samples(promql, Some(at)).await
    }

    async fn samples(
        &self,
        promql: &str,
        at: Option<i64>,
    ) -> Result<Vec<(Labels, f64)>, PrometheusError> {
        let read = |(labels, value): (Labels, Pair)| Some((labels, number(&value.1)?));
        let samples: Vec<_> = match self.query(promql, at).await? {
            Data::Vector(samples) => samples
                .into_iter()
                .map(|it| (it.metric, it.value))
                .collect(),
            Data::Scalar(value) => vec![(Labels::new(), value)],
            Data::Matrix(_) => return Err(unexpected(promql, "expected a vector")),
        };
        Ok(samples.into_iter().filter_map(read).collect())
    }

    /// The targets that it scrapes now; none where it has no such list.
    pub async fn targets(&self) -> Result<Vec<ActiveTarget>, PrometheusError> {
        match self.listed().await {
            Err(error) if error.is_unknown_path() => Ok(Vec::new()),
            listed => listed,
        }
    }

    /// The targets that it lists.
    pub async fn listed(&self) -> Result<Vec<ActiveTarget>, PrometheusError> {
        let parameters = [("state", "active".to_owned())];
        let targets: Targets = self.ask("targets", "/api/v1/targets", &parameters).await?;
        Ok(targets.active_targets)
    }

    /// Notes when these targets were scraped last. Those whose series `up` the selector does not match are left out, unless
    /// it matches none: its labels may be of other series alone.
    pub async fn note_scraped(
        &self,
        targets: &mut Vec<ActiveTarget>,
        selector: &Selector,
    ) -> Result<(), PrometheusError> {
        let up = format!("timestamp({{{NAME}=\"up\"{}}})", selector.and());
        let scraped = self.vector(&up).await?;
        for target in &mut *targets {
            let is_own = |labels: &Labels| {
                let mut own = [JOB, INSTANCE].into_iter();
                own.all(|name| labels.get(name) == target.labels.get(name))
            };
            let at = scraped.iter().filter(|(labels, _)| is_own(labels));
            target.scraped = at.map(|(_, seconds)| instant(*seconds)).max();
        }
        if *selector != Selector::default() && !scraped.is_empty() {
            targets.retain(|target| target.scraped.is_some() || target.health == "unknown");
        }
        Ok(())
    }

    pub(super) async fn query(
        &self,
        promql: &str,
        at: Option<i64>,
    ) -> Result<Data, PrometheusError> {
        let mut parameters = vec![("query", promql.to_owned())];
        let seconds = |at: i64| format!("{}.{:03}", at.div_euclid(1000), at.rem_euclid(1000));
        parameters.extend(at.map(|at| ("time", seconds(at))));
        let own = self.store.parameters().iter();
        parameters.extend(own.map(|(name, value)| (*name, (*value).to_owned())));
        self.ask(promql, "/api/v1/query", &parameters).await
    }

    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        query: &str,
        path: &str,
        parameters: &[(&str, String)],
    ) -> Result<T, PrometheusError> {
        let client = |error| PrometheusError::Client {
            query: query.to_owned(),
            error,
        };
        let mut url = below(&self.base, path);
        url.query_pairs_mut().extend_pairs(parameters);
        let answer = self.client.fetch(&url, MAX_BODY).await.map_err(client)?;
        let envelope: Envelope<T> = serde_json::from_slice(&answer.body)
            .map_err(|error| client(answer.not_json(&url, &error)))?;
        self.note_warnings(envelope.warnings, envelope.is_partial);
        envelope.data.ok_or_else(|| PrometheusError::Refused {
            query: query.to_owned(),
            reason: envelope.error.unwrap_or(envelope.status),
        })
    }
}

impl Prometheus {
    fn note_warnings(&self, warnings: Vec<String>, is_partial: bool) {
        let warnings = warnings.into_iter();
        let warnings = warnings.filter(|warning| !warning.starts_with(ANNOTATION));
        let partial = is_partial.then(|| "an answer is partial".to_owned());
        let mut noted = self.warnings.lock().unwrap_or_else(PoisonError::into_inner);
        noted.extend(warnings.chain(partial));
    }
}

pub(super) fn unexpected(query: &str, reason: &'static str) -> PrometheusError {
    PrometheusError::Answer {
        query: query.to_owned(),
        reason,
    }
}
