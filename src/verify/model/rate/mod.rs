//! `rate()` of raw samples, as Prometheus or another store computes it.

mod native;
mod prometheus;
mod range;
mod victoriametrics;

pub use prometheus::rate;
pub use range::Range;
pub use victoriametrics::PREVIOUS_MS;

use std::collections::BTreeMap;

use super::{
    histogram::{Histogram, bound_text},
    series::{Point, Series},
};

/// The store whose formula it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Formula {
    #[default]
    Prometheus,
    /// That of Prometheus for native histograms with custom buckets.
    Custom,
    VictoriaMetrics,
}

impl Formula {
    /// Increase per millisecond.
    fn rate(self, points: &[Point], range: Range) -> Option<f64> {
        match self {
            Self::Prometheus | Self::Custom => rate(points, range),
            Self::VictoriaMetrics => victoriametrics::rate(points, range),
        }
    }
}

/// `sum by (le) (rate(BUCKETS[range]))`; of converted buckets, `sum(rate(NATIVE[range]))`.
pub fn by_le<'a>(
    buckets: impl Iterator<Item = &'a Series>,
    range: Range,
    formula: Formula,
) -> Histogram {
    if formula == Formula::Custom {
        return native::sum(buckets, range);
    }
    let mut sums = BTreeMap::<String, (f64, f64)>::new();
    for series in buckets {
        if let (Some(bound), Some(rate)) = (series.bound(), formula.rate(&series.points, range)) {
            sums.entry(bound_text(bound)).or_insert((bound, 0.0)).1 += rate;
        }
    }
    let mut histogram = Histogram::default();
    for (bound, sum) in sums.into_values() {
        histogram.bucket(bound).cumulative = sum;
    }
    histogram.count = histogram.upto(f64::INFINITY).unwrap_or_default();
    histogram
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(of: &[(i64, f64)]) -> Vec<Point> {
        of.iter().map(|&(at, value)| Point { at, value }).collect()
    }

    fn near(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-9, "{found}, not {expected}");
    }

    #[test]
    fn buckets_of_several_targets_add_up_by_number() {
        let series = |bound: &str, target: &str, rise: f64| Series {
            labels: [
                ("__name__", "x_bucket"),
                ("le", bound),
                ("instance", target),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
            points: points(&[(1000, 5.0), (2000, 5.0 + rise)]),
        };
        let all = [
            series("1", "a", 10.0),
            series("1.0", "b", 10.0),
            series("+Inf", "a", 20.0),
            series("+Inf", "b", 20.0),
        ];
        let range = Range {
            from: 999,
            to: 2000,
        };
        let sums = by_le(all.iter(), range, Formula::Prometheus);
        assert_eq!(sums.bounds(), [1.0]);
        near(sums.quantile(0.25), 0.5);
    }

    #[test]
    fn an_exact_rank_before_empty_buckets_has_two_correct_values() {
        let mut histogram = Histogram::default();
        for (bound, cumulative) in [(1.7, 54.0), (1.8, 54.0), (1.9, 60.0), (f64::INFINITY, 60.0)] {
            histogram.bucket(bound).cumulative = cumulative;
        }
        assert!((histogram.quantile(0.9 - 1e-9) - 1.7).abs() < 1e-6);
        assert!((histogram.quantile(0.9 + 1e-9) - 1.8).abs() < 1e-6);
    }
}
