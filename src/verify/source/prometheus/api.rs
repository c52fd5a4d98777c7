//! The part of Prometheus' HTTP API that is needed here; each error names the query.
//! <https://prometheus.io/docs/prometheus/latest/querying/api/>

use reqwest::Url;
use serde::{Deserialize, de::DeserializeOwned};

use crate::{
    client::{Client, ClientError, Destination, without_password},
    verify::{
        model::{
            exposition::number,
            labels::{INSTANCE, JOB, Labels, NAME},
            promql::Selector,
            refusal,
            scrapes::ActiveTarget,
            series::{Point, Series},
        },
        source::url::below,
    },
};

/// Largest answer that is read, in bytes.
const MAX_BODY: usize = 64 << 20;

/// A Prometheus server, under any base path.
#[derive(Clone, Debug)]
pub struct Prometheus {
    client: Client,
    base: Url,
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
}

#[derive(Deserialize)]
struct Envelope<T> {
    status: String,
    data: Option<T>,
    error: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Targets {
    active_targets: Vec<ActiveTarget>,
}

#[derive(Deserialize)]
#[serde(tag = "resultType", content = "result", rename_all = "lowercase")]
enum Data {
    Matrix(Vec<MatrixSeries>),
    Vector(Vec<VectorSample>),
    Scalar(Pair),
}

#[derive(Deserialize)]
struct MatrixSeries {
    metric: Labels,
    #[serde(default)]
    values: Vec<Pair>,
}

#[derive(Deserialize)]
struct VectorSample {
    #[serde(default)]
    metric: Labels,
    value: Pair,
}

#[derive(Deserialize)]
struct Pair(f64, String);

impl PrometheusError {
    /// What to do about it before a run.
    pub fn remedy(&self) -> String {
        match self {
            Self::Client { error, .. } => refusal::remedy(Destination::Prometheus, &error.failure),
            Self::Refused { .. } | Self::Answer { .. } => "is this a Prometheus?".to_owned(),
            Self::Differs { .. } => "a run needs one server".to_owned(),
        }
    }
}

impl Prometheus {
    pub fn new(client: Client, base: Url) -> Self {
        Self { client, base }
    }

    /// The error of answers that cannot be of one server.
    pub fn differs(&self, difference: String) -> PrometheusError {
        let url = without_password(&self.base);
        PrometheusError::Differs { url, difference }
    }

    /// Its own time, in milliseconds of Unix time.
    pub async fn now(&self) -> Result<i64, PrometheusError> {
        let query = "time()";
        match self.query(query, None).await? {
            Data::Scalar(Pair(at, _)) => Ok(instant(at)),
            _ => Err(unexpected(query, "expected a scalar")),
        }
    }

    /// The raw samples of a range selector, up to now.
    pub async fn raw(&self, selector: &str) -> Result<Vec<Series>, PrometheusError> {
        let Data::Matrix(all) = self.query(selector, None).await? else {
            return Err(unexpected(selector, "expected a matrix"));
        };
        let series = all.into_iter().map(MatrixSeries::read);
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

    /// The targets that it scrapes now, and when it did last. Those whose series `up` the selector does not match are left
    /// out, unless it matches none: its labels may be of other series alone.
    pub async fn targets(&self, selector: &Selector) -> Result<Vec<ActiveTarget>, PrometheusError> {
        let parameters = [("state", "active".to_owned())];
        let targets: Targets = self.ask("targets", "/api/v1/targets", &parameters).await?;
        let mut targets = targets.active_targets;
        let up = format!("timestamp({{{NAME}=\"up\"{}}})", selector.and());
        let scraped = self.vector(&up).await?;
        for target in &mut targets {
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
        Ok(targets)
    }

    async fn query(&self, promql: &str, at: Option<i64>) -> Result<Data, PrometheusError> {
        let mut parameters = vec![("query", promql.to_owned())];
        let seconds = |at: i64| format!("{}.{:03}", at.div_euclid(1000), at.rem_euclid(1000));
        parameters.extend(at.map(|at| ("time", seconds(at))));
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
        let envelope: Envelope<T> = serde_json::from_str(&answer.body)
            .map_err(|error| client(answer.not_json(&url, &error)))?;
        envelope.data.ok_or_else(|| PrometheusError::Refused {
            query: query.to_owned(),
            reason: envelope.error.unwrap_or(envelope.status),
        })
    }
}

impl MatrixSeries {
    /// `None` where a value is not a number.
    fn read(self) -> Option<Series> {
        let point = |Pair(at, value): Pair| {
            Some(Point {
                at: instant(at),
                value: number(&value)?,
            })
        };
        Some(Series {
            labels: self.metric,
            points: self.values.into_iter().map(point).collect::<Option<_>>()?,
        })
    }
}

fn unexpected(query: &str, reason: &'static str) -> PrometheusError {
    PrometheusError::Answer {
        query: query.to_owned(),
        reason,
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "Unix time in milliseconds; the cast saturates"
)]
pub(super) fn instant(seconds: f64) -> i64 {
    (1e3 * seconds).round() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_whole_milliseconds() {
        assert_eq!(instant(1_700_000_000.123), 1_700_000_000_123);
    }
}
