//! `rate()` of native histograms with custom buckets, as Prometheus computes it: a histogram is extrapolated as a whole, by
//! its count, and a reset is one of all its buckets.

use std::collections::BTreeMap;

use super::{prometheus::extrapolation, range::Range};
use crate::verify::model::{
    histogram::Histogram,
    series::{Point, Series},
};

/// `sum(rate(NATIVE[range]))`, of the buckets to which the histograms were converted.
pub fn sum<'a>(buckets: impl Iterator<Item = &'a Series>, range: Range) -> Histogram {
    let mut by_target = BTreeMap::<_, Vec<(f64, &[Point])>>::new();
    for series in buckets {
        if let Some(bound) = series.bound() {
            let own = by_target.entry(series.target()).or_default();
            own.push((bound, range.slice(&series.points)));
        }
    }
    let mut sum = Histogram::default();
    for buckets in by_target.into_values() {
        let resets = resets(&buckets);
        let rises = buckets
            .iter()
            .map(|(le, points)| (*le, rise(points, &resets)));
        let rises: Vec<_> = rises.collect();
        let count = buckets
            .iter()
            .zip(&rises)
            .find(|((le, _), _)| *le == f64::INFINITY);
        let factor =
            count.and_then(|((_, points), (_, risen))| extrapolation(points, range, *risen));
        for (le, rise) in rises {
            let rate = factor.map(|factor| rise * factor / (range.to - range.from) as f64);
            sum.bucket(le).cumulative += rate.unwrap_or_default();
        }
    }
    sum.count = sum.upto(f64::INFINITY).unwrap_or_default();
    sum
}

/// The samples at which any bucket fell.
fn resets(buckets: &[(f64, &[Point])]) -> Vec<i64> {
    let pairs = buckets.iter().flat_map(|(_, points)| points.windows(2));
    let falls = pairs.filter(|pair| pair[1].value < pair[0].value);
    falls.map(|pair| pair[1].at).collect()
}

fn rise(points: &[Point], resets: &[i64]) -> f64 {
    let rises = points.windows(2).map(|pair| {
        let before = if resets.contains(&pair[1].at) {
            0.0
        } else {
            pair[0].value
        };
        pair[1].value - before
    });
    rises.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket(job: &str, le: &str, values: [f64; 3]) -> Series {
        let labels = [("job", job), ("le", le)];
        let labels = labels.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let points = (1..).zip(values);
        Series {
            labels: labels.into(),
            points: points
                .map(|(second, value)| Point {
                    at: 1000 * second,
                    value,
                })
                .collect(),
        }
    }

    #[test]
    fn a_histogram_is_extrapolated_as_a_whole_and_a_reset_is_one_of_all_buckets() {
        let all = [
            bucket("a", "1", [0.0, 4.0, 5.0]),
            bucket("a", "+Inf", [10.0, 15.0, 20.0]),
            bucket("b", "1", [1.0, 1.0, 2.0]),
            bucket("b", "+Inf", [8.0, 5.0, 6.0]),
        ];
        let sum = sum(
            all.iter(),
            Range {
                from: 500,
                to: 3000,
            },
        );
        // a: x 2.5 / 2; b: 1 + 1 and 5 + 1 after the reset, x 2.5 / 2.
        let increase = |le: f64| sum.upto(le).unwrap() * 2500.0;
        assert!((increase(1.0) - 1.25 * (5.0 + 2.0)).abs() < 1e-9);
        assert!((increase(f64::INFINITY) - 1.25 * (10.0 + 6.0)).abs() < 1e-9);
    }
}
