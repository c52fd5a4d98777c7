//! As much of Prometheus' HTTP API as is asked here; each error names the query.
//! <https://prometheus.io/docs/prometheus/latest/querying/api/>

use std::collections::BTreeMap;

use reqwest::Url;
use serde::{Deserialize, de::DeserializeOwned};

use super::{
    exposition::{Labels, number},
    series::{Point, Series},
};
use crate::client::{Client, ClientError, Failure};

/// The largest answer that is read.
const LARGEST: usize = 64 << 20;

/// A Prometheus, under whatever path it is served.
#[derive(Clone, Debug)]
pub(super) struct Prometheus {
    client: Client,
    base: Url,
}

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum PrometheusError {
    #[error("`{asked}`: {error}")]
    Client { asked: String, error: ClientError },
    #[error("`{asked}` was refused: {reason}")]
    Refused { asked: String, reason: String },
    #[error("`{asked}`: the answer is not what was asked for: {reason}")]
    Answer { asked: String, reason: String },
}

/// What Prometheus scrapes.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ActiveTarget {
    pub(super) labels: Labels,
    pub(super) scrape_url: String,
    pub(super) health: String,
    pub(super) last_error: String,
    /// Since Prometheus 2.29; such as `15s` or `1m30s`.
    scrape_interval: Option<String>,
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
    metric: BTreeMap<String, String>,
    #[serde(default)]
    values: Vec<Pair>,
}

#[derive(Deserialize)]
struct VectorSample {
    value: Pair,
}

#[derive(Deserialize)]
struct Pair(f64, String);

impl PrometheusError {
    /// Whether nobody could be spoken to.
    pub(super) fn is_unreachable(&self) -> bool {
        match self {
            Self::Client { error, .. } => !matches!(error.failure, Failure::NotJson(_)),
            _ => false,
        }
    }
}

impl Prometheus {
    pub(super) fn new(client: Client, base: Url) -> Self {
        Self { client, base }
    }

    /// Its own time, in milliseconds of Unix time.
    pub(super) async fn now(&self) -> Result<i64, PrometheusError> {
        let asked = "time()";
        match self.query(asked, None).await? {
            Data::Scalar(Pair(at, _)) => Ok(instant(at)),
            _ => Err(unexpected(asked, "expected a scalar")),
        }
    }

    /// The raw samples of a range selector, up to now.
    pub(super) async fn raw(&self, selector: &str) -> Result<Vec<Series>, PrometheusError> {
        match self.query(selector, None).await? {
            Data::Matrix(all) => all
                .into_iter()
                .map(|series| series.read(selector))
                .collect(),
            _ => Err(unexpected(selector, "expected a matrix")),
        }
    }

    /// The value of a query with at most one sample, at an instant.
    pub(super) async fn value(
        &self,
        promql: &str,
        at: i64,
    ) -> Result<Option<f64>, PrometheusError> {
        match self.query(promql, Some(at)).await? {
            Data::Vector(samples) => match &samples[..] {
                [] => Ok(None),
                [VectorSample { value }] => Ok(number(&value.1)),
                _ => Err(unexpected(promql, "expected one sample")),
            },
            _ => Err(unexpected(promql, "expected a vector")),
        }
    }

    /// What it scrapes now.
    pub(super) async fn targets(&self) -> Result<Vec<ActiveTarget>, PrometheusError> {
        let asked = [("state", "active".to_owned())];
        let targets: Targets = self.ask("targets", "/api/v1/targets", &asked).await?;
        Ok(targets.active_targets)
    }

    async fn query(&self, promql: &str, at: Option<i64>) -> Result<Data, PrometheusError> {
        let mut asked = vec![("query", promql.to_owned())];
        asked.extend(at.map(|at| {
            (
                "time",
                format!("{}.{:03}", at.div_euclid(1000), at.rem_euclid(1000)),
            )
        }));
        self.ask(promql, "/api/v1/query", &asked).await
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        asked: &str,
        path: &str,
        parameters: &[(&str, String)],
    ) -> Result<T, PrometheusError> {
        let client = |error| PrometheusError::Client {
            asked: asked.to_owned(),
            error,
        };
        let url = below(&self.base, path, parameters);
        let answer = self.client.fetch(&url, LARGEST).await.map_err(client)?;
        match serde_json::from_str::<Envelope<T>>(&answer.body) {
            Ok(Envelope {
                data: Some(data), ..
            }) => Ok(data),
            Ok(Envelope { status, error, .. }) => Err(PrometheusError::Refused {
                asked: asked.to_owned(),
                reason: error.unwrap_or(status),
            }),
            // Words it as any answer that is no JSON, or no 2xx.
            Err(_) => Err(match self.client.json::<Envelope<T>>(&url, LARGEST).await {
                Err(error) => client(error),
                Ok(_) => unexpected(asked, "it changes from one time to the next"),
            }),
        }
    }
}

impl ActiveTarget {
    /// Seconds from one scrape to the next, where they are told.
    pub(super) fn interval(&self) -> Option<f64> {
        prometheus_duration(self.scrape_interval.as_deref()?)
    }
}

impl MatrixSeries {
    fn read(self, asked: &str) -> Result<Series, PrometheusError> {
        let point = |Pair(at, value): Pair| {
            let value = number(&value).ok_or_else(|| unexpected(asked, "a value is no number"))?;
            Ok(Point {
                at: instant(at),
                value,
            })
        };
        Ok(Series {
            labels: self.metric,
            points: self
                .values
                .into_iter()
                .map(point)
                .collect::<Result<_, _>>()?,
        })
    }
}

fn unexpected(asked: &str, reason: &str) -> PrometheusError {
    PrometheusError::Answer {
        asked: asked.to_owned(),
        reason: reason.to_owned(),
    }
}

/// A path below a base, whose own path is kept.
pub(super) fn below(base: &Url, path: &str, parameters: &[(&str, String)]) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}{path}", base.path().trim_end_matches('/')));
    url.set_fragment(None);
    url.set_query(None);
    if !parameters.is_empty() {
        url.query_pairs_mut().extend_pairs(parameters);
    }
    url
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "Unix time in milliseconds; the cast saturates"
)]
fn instant(seconds: f64) -> i64 {
    (1e3 * seconds).round() as i64
}

/// A duration as Prometheus writes it: `1m30s`, `500ms`.
fn prometheus_duration(text: &str) -> Option<f64> {
    let (mut rest, mut seconds) = (text, 0.0);
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let (amount, after) = rest.split_at(digits);
        let unit = after
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(after.len());
        let (unit, after) = after.split_at(unit);
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
    fn a_path_prefix_is_kept() {
        for base in ["http://h:1/prom", "http://h:1/prom/"] {
            let url = below(
                &base.parse().unwrap(),
                "/api/v1/query",
                &[("query", "a+b".to_owned())],
            );
            assert_eq!(url.as_str(), "http://h:1/prom/api/v1/query?query=a%2Bb");
        }
        let url = below(&"http://h".parse().unwrap(), "/api", &[]);
        assert_eq!(url.as_str(), "http://h/api");
    }

    #[test]
    fn intervals_are_read_as_prometheus_writes_them() {
        for (text, seconds) in [
            ("15s", 15.0),
            ("500ms", 0.5),
            ("1m30s", 90.0),
            ("1h", 3600.0),
        ] {
            let read = prometheus_duration(text).unwrap();
            assert!((read - seconds).abs() < 1e-9, "{text}: {read}");
        }
        for bad in ["", "s", "15", "1w2x", "0s"] {
            assert_eq!(prometheus_duration(bad), None, "{bad}");
        }
    }

    #[test]
    fn instants_are_whole_milliseconds() {
        assert_eq!(instant(1_700_000_000.123), 1_700_000_000_123);
    }
}
