//! `histogram_quantile` over a range: as Prometheus answered, and recomputed from the raw samples.

use std::collections::BTreeSet;

use super::{
    labels::Labels,
    promql::{self, Selector},
    rate::{Formula, Range, by_le},
    series::Series,
};
use crate::contract::{Metric, Names, Step, names::label};

/// The percentiles of the report.
pub const QUANTILES: [f64; 4] = [0.5, 0.9, 0.95, 0.99];
/// Far above the rounding error of a rank, far below the effect of one request.
pub const RANK_EPSILON: f64 = 1e-9;

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

/// What selects exactly these targets among all: one selector where that is enough, otherwise one for each target.
pub fn selectors(own: &[&Labels], others: &[&Labels], given: &Selector) -> Vec<Selector> {
    let values =
        |name: &String| -> BTreeSet<_> { own.iter().map(|labels| labels.get(name)).collect() };
    let names: BTreeSet<_> = own
        .iter()
        .chain(others)
        .flat_map(|labels| labels.keys())
        .collect();
    let is_mixture = |labels: &&Labels| {
        names
            .iter()
            .all(|name| values(name).contains(&labels.get(*name)))
    };
    let of = |own: &[&Labels]| {
        let matchers = promql::of_targets(own, others);
        given.with(&matchers)
    };
    if own.is_empty() {
        Vec::new()
    } else if others.iter().any(is_mixture) {
        own.chunks(1).map(of).collect()
    } else {
        vec![of(own)]
    }
}

impl QuantileQuery {
    /// The `PromQL` of one quantile over a window that ends at the time of the query.
    pub fn promql(names: &Names, q: f64, window_ms: i64, selectors: &[Selector]) -> String {
        let (buckets, step) = (names.bucket(Metric::ExecutionLatency), label::STEP);
        let total = Step::Total.as_str();
        let rate = |selector: &Selector| {
            let selector = selector.and();
            format!("rate({buckets}{{{step}=\"{total}\"{selector}}}[{window_ms}ms])")
        };
        let rates: Vec<_> = selectors.iter().map(rate).collect();
        format!(
            "histogram_quantile({q}, sum by (le) ({}))",
            rates.join(" or ")
        )
    }

    /// Compares what was reported with the raw samples.
    pub fn new(
        range: Range,
        reported: Vec<Option<f64>>,
        raw: &[Series],
        names: &Names,
        formula: Formula,
    ) -> Self {
        let name = names.bucket(Metric::ExecutionLatency);
        let is_total = |series: &&Series| {
            series.name() == name && series.has_label(label::STEP, Step::Total.as_str())
        };
        let rates = by_le(raw.iter().filter(is_total), range, formula);
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
