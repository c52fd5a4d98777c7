//! `histogram_quantile` over a range: as Prometheus answered, and recomputed from the raw samples.

use std::collections::BTreeSet;

use super::{
    form::Form,
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
    pub fn promql(
        names: &Names,
        q: f64,
        window_ms: i64,
        (selectors, form): (&[Selector], Form),
    ) -> String {
        let (buckets, sum) = match form {
            Form::Classic => (names.bucket(Metric::ExecutionLatency), "sum by (le)"),
            _ => (names.family(Metric::ExecutionLatency), "sum"),
        };
        let (step, total) = (label::STEP, Step::Total.as_str());
        let rate = |selector: &Selector| {
            let selector = selector.and();
            format!("rate({buckets}{{{step}=\"{total}\"{selector}}}[{window_ms}ms])")
        };
        let rates: Vec<_> = selectors.iter().map(rate).collect();
        format!("histogram_quantile({q}, {sum} ({}))", rates.join(" or "))
    }

    /// Compares what a deduplicated view reported with the raw samples of each Prometheus behind it, within one scrape: the
    /// view may begin and end with another sample than either.
    pub fn of_view(
        range: Range,
        reported: &[Option<f64>],
        behind: &[Vec<Series>],
        names: &Names,
        formula: Formula,
    ) -> Self {
        let new = |range, raw: &[Series]| Self::new(range, reported.to_vec(), raw, names, formula);
        let raw = behind.first().map_or(&[][..], Vec::as_slice);
        let mut view = new(range, raw);
        for raw in behind {
            let points = raw.iter().flat_map(|series| series.points.windows(2));
            let spacing = points.map(|pair| pair[1].at - pair[0].at).max();
            let spacing = spacing.unwrap_or_default();
            for (late, early) in [(0, 0), (0, spacing), (spacing, 0), (spacing, spacing)] {
                let (from, to) = (range.from + late, range.to - early);
                let other = new(Range { from, to }, raw).edges;
                for (edges, (low, high)) in view.edges.iter_mut().zip(other) {
                    // Not a number where the range is shorter than two scrapes.
                    *edges = (edges.0.min(low), edges.1.max(high));
                }
            }
        }
        view
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{contract::names::DEFAULT_NAMESPACE, verify::model::series::Point};

    /// Buckets up to 1 s and up to 2 s, which count so many in each scrape.
    fn server(counts: [[f64; 2]; 4], names: &Names) -> Vec<Series> {
        let bucket = |(index, bound): (usize, &str)| {
            let labels = [
                ("__name__", names.bucket(Metric::ExecutionLatency)),
                ("le", bound.to_owned()),
                ("step", Step::Total.as_str().to_owned()),
            ];
            let points = (0..).zip(counts).map(|(scrape, counts)| Point {
                at: 1000 * scrape,
                value: counts[index],
            });
            Series {
                labels: labels.map(|(name, value)| (name.to_owned(), value)).into(),
                points: points.collect(),
            }
        };
        let bounds = ["1", "2"].into_iter().enumerate();
        let buckets = bounds.map(bucket);
        let mut all: Vec<_> = buckets.collect();
        let mut last = all[1].clone();
        last.labels.insert("le".to_owned(), "+Inf".to_owned());
        all.push(last);
        all
    }

    #[test]
    fn a_view_may_lack_one_scrape_at_each_end_and_no_more() {
        let names = Names::new(DEFAULT_NAMESPACE);
        let range = Range { from: -1, to: 3000 };
        // The first and the last scrape add fast requests, the middle one slow ones.
        let behind = [server(
            [[0.0, 0.0], [9.0, 9.0], [9.0, 19.0], [20.0, 30.0]],
            &names,
        )];
        let formula = Formula::Prometheus;
        let view = QuantileQuery::of_view(range, &[None; 4], &behind, &names, formula);
        let (low, high) = view.edges[0];
        let exact = QuantileQuery::new(
            range,
            vec![None; 4],
            &behind[0],
            &names,
            Formula::Prometheus,
        );
        assert!(low <= exact.expected[0] && exact.expected[0] < 1.0);
        assert!(
            (high - 1.5).abs() < 0.06,
            "without both ends, all are slow: {high}"
        );
    }
}
