//! `histogram_quantile` over a range: as Prometheus answered, and recomputed from the raw samples.

use super::{
    rate::{Range, by_le},
    series::Series,
};
use crate::contract::{Metric, Names, Step, names::label};

/// The percentiles of the report.
pub const QUANTILES: [f64; 4] = [0.5, 0.9, 0.95, 0.99];
/// Far above the rounding error of a rank, far below the effect of one request.
const RANK_EPSILON: f64 = 1e-9;

/// The values of each of [`QUANTILES`] over one range.
#[derive(Clone, Debug)]
pub struct QuantileQuery {
    pub reported: Vec<Option<f64>>,
    pub expected: Vec<f64>,
    /// Expected just below and just above each rank: where the rank is met exactly and the next buckets are empty,
    /// rounding decides which end of them is reported.
    pub edges: Vec<(f64, f64)>,
    /// How many observations the range holds, as `increase()` returns it.
    pub observations: f64,
}

impl QuantileQuery {
    /// The `PromQL` of one quantile over a window that ends at the time of the query.
    pub fn promql(names: &Names, q: f64, window_ms: i64) -> String {
        let (buckets, step) = (names.bucket(Metric::ExecutionLatency), label::STEP);
        let total = Step::Total.as_str();
        format!(
            "histogram_quantile({q}, sum by (le) (rate({buckets}{{{step}=\"{total}\"}}[{window_ms}ms])))"
        )
    }

    /// Compares what was reported with the raw samples.
    pub fn new(range: Range, reported: Vec<Option<f64>>, raw: &[Series], names: &Names) -> Self {
        let name = names.bucket(Metric::ExecutionLatency);
        let is_total = |series: &&Series| {
            series.name() == name && series.has_label(label::STEP, Step::Total.as_str())
        };
        let rates = by_le(raw.iter().filter(is_total), range);
        let edges = |q: f64| {
            (
                rates.quantile(q - RANK_EPSILON),
                rates.quantile(q + RANK_EPSILON),
            )
        };
        Self {
            reported,
            expected: QUANTILES.map(|q| rates.quantile(q)).to_vec(),
            edges: QUANTILES.map(edges).to_vec(),
            observations: rates.count * (range.to - range.from) as f64,
        }
    }
}
