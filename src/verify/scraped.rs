//! What Prometheus has of the run: raw samples, its targets, and the percentiles as a dashboard asks for them.

use super::{
    evidence::Asked,
    exposition::Labels,
    prometheus::{ActiveTarget, PrometheusError},
    rate::{Range, by_le},
    series::{Series, Target, Window},
};

/// The percentiles of the table.
pub(super) const QUANTILES: [f64; 4] = [0.5, 0.9, 0.95, 0.99];
/// Far above what rounding does to a rank, far below what one request does to it.
const HAIR: f64 = 1e-9;
/// What Prometheus tells.
#[derive(Clone, Debug)]
pub(super) struct Scraped {
    pub(super) targets: Vec<Target>,
    pub(super) active: Vec<ActiveTarget>,
    pub(super) raw: Vec<Series>,
    pub(super) window: Window,
    /// The range of the whole run.
    pub(super) whole: Asking,
    /// The dashboard's own.
    pub(super) short: Option<Asking>,
    /// Prometheus' clock minus this machine's, in milliseconds.
    pub(super) ahead: i64,
}

/// `histogram_quantile` over one range: what was reported, and what the formula makes of the raw samples.
#[derive(Clone, Debug)]
pub(super) struct Asking {
    pub(super) range: Range,
    pub(super) reported: Vec<Option<f64>>,
    pub(super) expected: Vec<f64>,
    /// The same a hair below and above each rank: where the rank is met exactly and the next buckets are empty, rounding
    /// decides which end of them is reported.
    pub(super) edges: Vec<(f64, f64)>,
    /// How many observations the samples of the range hold, as `increase()` would say it.
    pub(super) observations: f64,
}

impl Asking {
    /// Adds what the formula makes of the raw samples.
    pub(super) fn compare(mut self, raw: &[Series], namespace: &str) -> Self {
        let name = format!("{namespace}_execution_latency_seconds_bucket");
        let is_total = |series: &&Series| {
            series.name() == name
                && series
                    .labels
                    .get("step")
                    .is_some_and(|step| step == "total")
        };
        let rates = by_le(raw.iter().filter(is_total), self.range);
        self.expected = QUANTILES.map(|q| rates.quantile(q)).to_vec();
        let edges = |q: f64| (rates.quantile(q - HAIR), rates.quantile(q + HAIR));
        self.edges = QUANTILES.map(edges).to_vec();
        self.observations = rates.count * super::check::millis(self.range.to - self.range.from);
        self
    }
}

impl Scraped {
    /// Targets that cannot be scraped, with Prometheus' own words.
    pub(super) fn down(&self) -> Vec<String> {
        let is_down = |target: &&ActiveTarget| target.health == "down";
        let words = |target: &ActiveTarget| {
            format!(
                "{} ({}) is down: {}",
                named(&target.labels),
                target.scrape_url,
                target.last_error
            )
        };
        self.active.iter().filter(is_down).map(words).collect()
    }
}

impl<T> From<Result<T, PrometheusError>> for Asked<T> {
    fn from(asked: Result<T, PrometheusError>) -> Self {
        match asked {
            Ok(it) => Self::Got(it),
            Err(error) if error.is_unreachable() => Self::Unreachable(error.to_string()),
            Err(error) => Self::Unreachable(format!("Prometheus: {error}")),
        }
    }
}

/// A target by its labels, the two that everybody knows first.
pub(super) fn named(labels: &Labels) -> String {
    let known = ["job", "instance"];
    let first = known.iter().filter_map(|name| labels.get_key_value(*name));
    let rest = labels
        .iter()
        .filter(|(name, _)| !known.contains(&name.as_str()));
    let words: Vec<_> = first
        .chain(rest)
        .map(|(name, value)| format!("{name}=\"{value}\""))
        .collect();
    words.join(", ")
}
