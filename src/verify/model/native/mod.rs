//! Native histograms as Prometheus returns them, and what they counted between two samples.

use super::{
    labels::{Labels, has_all},
    quantile_query::{QUANTILES, QuantileQuery, RANK_EPSILON},
    rate::{Range, rate},
    series::Point,
};
use crate::{
    buckets::{NativeHistogram, Schema},
    verify::model::histogram::Difference,
};

/// How far a bound may be from that of its schema, relative to it: it is printed with all digits.
const BOUND_TOLERANCE: f64 = 1e-9;

/// What Prometheus has of the native histograms of the judged targets.
#[derive(Clone, Debug)]
pub struct Native {
    pub series: Vec<NativeSeries>,
    pub run: QuantileQuery,
}

/// A series of native histograms, in the order of time.
#[derive(Clone, Debug, PartialEq)]
pub struct NativeSeries {
    pub labels: Labels,
    /// `None` where the buckets are not exponential, as those that are converted from classic ones.
    pub points: Option<Vec<NativePoint>>,
}

/// One sample.
#[derive(Clone, Debug, PartialEq)]
pub struct NativePoint {
    /// In milliseconds of Unix time.
    pub at: i64,
    pub count: f64,
    /// Without any bucket, the schema is the highest.
    pub counts: NativeHistogram,
}

impl Native {
    /// The samples of a target.
    pub fn of(&self, target: &Labels) -> Option<&[NativePoint]> {
        let mut series = self.series.iter();
        let own = series.find(|series| series.is_from(target))?;
        own.points.as_deref().filter(|points| !points.is_empty())
    }
}

impl NativeSeries {
    /// Whether the series is one of this target's.
    pub fn is_from(&self, target: &Labels) -> bool {
        has_all(&self.labels, target)
    }
}

impl NativePoint {
    /// Reads a sample: its buckets by their lower and upper bound, without the empty ones. `None` where they are not those
    /// of a schema.
    pub fn read(at: i64, count: f64, buckets: &[(f64, f64, f64)]) -> Option<Self> {
        let (zero, positive): (Vec<_>, Vec<_>) = buckets
            .iter()
            .partition(|(low, high, _)| *low <= 0.0 && *high >= 0.0);
        let schema = match positive.first() {
            Some((low, high, _)) => Some(schema(high / low)?),
            None => None,
        };
        let mut counts = NativeHistogram::empty(schema.unwrap_or(Schema::MAX));
        counts.zero = zero.iter().map(|(.., count)| count).sum();
        for (low, high, count) in positive {
            let index = counts.schema.index(low.sqrt() * high.sqrt())?;
            let is_bound = |index, found: f64| {
                let bound = counts.schema.bound(index);
                (found / bound - 1.0).abs() < BOUND_TOLERANCE
            };
            if !is_bound(index, high) || !is_bound(index - 1, low) {
                return None;
            }
            counts.buckets.insert(index, count);
        }
        Some(Self { at, count, counts })
    }
}

/// The schema whose buckets have this ratio between their bounds.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the cast saturates, and Schema::new refuses"
)]
fn schema(ratio: f64) -> Option<Schema> {
    let number = -libm::log2(libm::log2(ratio));
    let is_whole = (number - number.round()).abs() < BOUND_TOLERANCE.sqrt();
    Schema::new(number.round() as i32).filter(|_| is_whole)
}

/// What a series counted from the first of these samples to the last: the positive differences, at the lowest of their
/// schemas. Where the count falls, the new value. `from_zero` counts the first sample, too.
pub fn increase(points: &[NativePoint], from_zero: bool) -> NativeHistogram {
    let schemas = points.iter().map(|point| point.counts.schema);
    let mut sum = NativeHistogram::empty(schemas.min().unwrap_or(Schema::MAX));
    if let (Some(first), true) = (points.first(), from_zero) {
        add(&mut sum, &first.counts, 1.0);
    }
    for pair in points.windows(2) {
        add(&mut sum, &pair[1].counts, 1.0);
        if pair[1].count >= pair[0].count {
            add(&mut sum, &pair[0].counts, -1.0);
        }
    }
    sum
}

/// Adds counts, at the schema of the sum: that of the counts, or a lower one.
fn add(sum: &mut NativeHistogram, counts: &NativeHistogram, weight: f64) {
    sum.zero += weight * counts.zero;
    for (index, count) in &counts.buckets {
        let index = counts.schema.index_in(*index, sum.schema);
        *sum.buckets.entry(index).or_default() += weight * count;
    }
}

/// `sum(rate(NATIVE[range]))`, of the series that have two samples in the range.
pub fn sum_of_rates(series: &[&[NativePoint]], range: Range) -> NativeHistogram {
    let rates = series.iter().filter_map(|points| {
        let inside = |point: &&NativePoint| range.from < point.at && point.at <= range.to;
        let points: Vec<_> = points.iter().filter(inside).cloned().collect();
        let count = |point: &NativePoint| Point {
            at: point.at,
            value: point.count,
        };
        let rate = rate(&points.iter().map(count).collect::<Vec<_>>(), range)?;
        Some((increase(&points, false), rate))
    });
    let rates: Vec<_> = rates.collect();
    let schemas = rates.iter().map(|(it, _)| it.schema);
    let mut sum = NativeHistogram::empty(schemas.min().unwrap_or(Schema::MAX));
    for (increase, rate) in &rates {
        let count = increase.total();
        if count > 0.0 {
            add(&mut sum, increase, rate / count);
        }
    }
    sum
}

/// The percentiles of native histograms as they were reported, beside the formula applied to the raw samples.
pub fn quantiles(
    series: &[&[NativePoint]],
    range: Range,
    reported: Vec<Option<f64>>,
) -> QuantileQuery {
    let rates = sum_of_rates(series, range);
    let edges = |q: f64| {
        let ends = [q - RANK_EPSILON, q + RANK_EPSILON].map(|q| rates.quantile(q));
        (ends[0].min(ends[1]), ends[0].max(ends[1]))
    };
    QuantileQuery {
        reported,
        expected: QUANTILES.map(|q| rates.quantile(q)).to_vec(),
        edges: QUANTILES.map(edges).to_vec(),
        observations: rates.total() * (range.to - range.from) as f64,
    }
}

/// Where the buckets differ from those of these seconds at the same schema; each count may be up to `surplus` higher.
pub fn differences(
    observed: &NativeHistogram,
    seconds: impl Iterator<Item = f64>,
    surplus: f64,
) -> Vec<Difference> {
    let schema = observed.schema;
    let mut expected = NativeHistogram::empty(schema);
    for value in seconds {
        match schema.index(value) {
            Some(index) => *expected.buckets.entry(index).or_default() += 1.0,
            None => expected.zero += 1.0,
        }
    }
    let keys = [&expected, observed].map(|counts| counts.buckets.keys());
    let mut indexes: Vec<_> = keys.into_iter().flatten().collect();
    indexes.sort();
    indexes.dedup();
    let of = |counts: &NativeHistogram, index: &i32| {
        counts.buckets.get(index).copied().unwrap_or_default()
    };
    let bucket = |index: &i32| {
        let (low, high) = (schema.bound(index - 1), schema.bound(*index));
        let name = format!("total, {low:.6} < seconds <= {high:.6}");
        Difference::between(name, of(&expected, index), of(observed, index), surplus)
    };
    let zeros = Difference::between(
        "total, 0 seconds".to_owned(),
        expected.zero,
        observed.zero,
        surplus,
    );
    zeros
        .into_iter()
        .chain(indexes.into_iter().filter_map(bucket))
        .collect()
}

#[cfg(test)]
mod tests;
