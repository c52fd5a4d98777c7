//! `rate()` as Prometheus computes it.

use super::range::Range;
use crate::verify::model::series::{Point, increase};

/// Increase per millisecond, extrapolated to the ends of the window.
pub fn rate(points: &[Point], range: Range) -> Option<f64> {
    let inside = range.slice(points);
    let risen = increase(inside, false).value;
    let factor = extrapolation(inside, range, risen)?;
    Some(risen * factor / (range.to - range.from) as f64)
}

/// The factor of the extrapolation of a rise in these samples
/// (<https://prometheus.io/docs/prometheus/latest/querying/functions/#rate>): by half a mean spacing only where the end
/// is more than 1.1 spacings from the nearest sample, and never back beyond the instant where the counter was 0.
pub fn extrapolation(inside: &[Point], range: Range, risen: f64) -> Option<f64> {
    let (first, last) = (inside.first()?, inside.last()?);
    let sampled = (last.at - first.at) as f64;
    if inside.len() < 2 || sampled <= 0.0 {
        return None;
    }
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
    Some((sampled + to_start + to_end) / sampled)
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
}
