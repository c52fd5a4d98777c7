//! `rate()` of raw samples, as Prometheus or another store computes it.

mod range;
mod victoriametrics;

pub use range::Range;
pub use victoriametrics::PREVIOUS_MS;

use std::collections::BTreeMap;

use super::{
    histogram::{Histogram, bound_text},
    series::{Point, Series, increase},
};

/// The store whose formula it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Formula {
    #[default]
    Prometheus,
    VictoriaMetrics,
}

impl Formula {
    /// Increase per millisecond.
    fn rate(self, points: &[Point], range: Range) -> Option<f64> {
        match self {
            Self::Prometheus => rate(points, range),
            Self::VictoriaMetrics => victoriametrics::rate(points, range),
        }
    }
}

/// Increase per millisecond, extrapolated to the ends of the window
/// (<https://prometheus.io/docs/prometheus/latest/querying/functions/#rate>): by half a mean spacing only where the end
/// is more than 1.1 spacings from the nearest sample, and never back beyond the instant where the counter was 0.
pub fn rate(points: &[Point], range: Range) -> Option<f64> {
    let inside = range.slice(points);
    let (first, last) = (inside.first()?, inside.last()?);
    let sampled = (last.at - first.at) as f64;
    if inside.len() < 2 || sampled <= 0.0 {
        return None;
    }
    let risen = increase(inside, false).value;
    let spacing = sampled / (inside.len() - 1) as f64;
    let extrapolate = |gap: f64| {
        if gap >= 1.1 * spacing {
            spacing / 2.0
        } else {
            gap
        }
    };
    let mut to_start = extrapolate((first.at - range.from) as f64);
    if risen > 0.0 && first.value >= 0.0 {
        to_start = to_start.min(sampled * (first.value / risen));
    }
    let to_end = extrapolate((range.to - last.at) as f64);
    let factor = (sampled + to_start + to_end) / sampled;
    Some(risen * factor / (range.to - range.from) as f64)
}

/// `sum by (le) (rate(BUCKETS[range]))`.
pub fn by_le<'a>(
    buckets: impl Iterator<Item = &'a Series>,
    range: Range,
    formula: Formula,
) -> Histogram {
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

    fn increase_over(of: &[(i64, f64)], from: i64, to: i64) -> f64 {
        let range = Range { from, to };
        rate(&points(of), range).unwrap() * (to - from) as f64
    }

    fn near(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-9, "{found}, not {expected}");
    }

    const STEADY: [(i64, f64); 4] = [(1000, 50.0), (2000, 60.0), (3000, 70.0), (4000, 80.0)];

    #[test]
    fn samples_at_both_ends_are_hardly_extrapolated() {
        near(increase_over(&STEADY, 999, 4000), 30.0 * 3001.0 / 3000.0);
    }

    #[test]
    fn a_near_end_is_reached_and_a_far_one_gets_half_a_spacing() {
        near(
            increase_over(&STEADY, 500, 4900),
            30.0 * (3000.0 + 500.0 + 900.0) / 3000.0,
        );
        near(
            increase_over(&STEADY, 0, 9000),
            30.0 * (3000.0 + 1000.0 + 500.0) / 3000.0,
        );
        near(
            increase_over(&STEADY, -500, 4000),
            30.0 * (3000.0 + 500.0) / 3000.0,
        );
    }

    #[test]
    fn a_counter_is_not_extrapolated_below_zero() {
        let young = [(1000, 0.0), (2000, 10.0), (3000, 20.0)];
        near(increase_over(&young, 100, 3000), 20.0);
        let little = [(1000, 1.0), (2000, 11.0)];
        near(
            increase_over(&little, 500, 2000),
            10.0 * (1000.0 + 100.0) / 1000.0,
        );
    }

    #[test]
    fn a_reset_adds_what_came_after_it() {
        let reset = [(1000, 90.0), (2000, 100.0), (3000, 4.0), (4000, 9.0)];
        near(increase_over(&reset, 999, 4000), 19.0 * 3001.0 / 3000.0);
    }

    #[test]
    fn one_sample_has_no_rate_and_the_window_is_open_on_the_left() {
        let range = Range {
            from: 3000,
            to: 4000,
        };
        assert_eq!(rate(&points(&STEADY), range), None);
        let range = Range {
            from: 2999,
            to: 4000,
        };
        assert!(rate(&points(&STEADY), range).is_some());
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
