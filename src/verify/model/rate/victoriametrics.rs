//! `rate()` as `VictoriaMetrics` computes it: from the last sample before the window to the last one in it, without
//! extrapolation. <https://docs.victoriametrics.com/victoriametrics/metricsql/#rate>

use super::range::Range;
use crate::verify::model::series::Point;

/// How far before the window the previous sample may be, in milliseconds: the default `step` of an instant query.
pub const PREVIOUS_MS: i64 = 300_000;

/// Increase per millisecond.
pub fn rate(points: &[Point], range: Range) -> Option<f64> {
    let end = points.partition_point(|point| point.at <= range.to);
    let points = without_resets(points.get(..end)?);
    let inside = points.partition_point(|point| point.at <= range.from);
    let previous = inside.checked_sub(1).and_then(|index| points.get(index));
    let previous = previous.filter(|point| point.at > range.from - PREVIOUS_MS);
    let inside = points.get(inside..)?;
    // A series that begins in the window rises from its first sample, over its own time.
    match (previous, inside) {
        (None, [] | [_]) => None,
        (Some(_), []) => Some(0.0),
        (Some(first), [.., last]) | (None, [first, .., last]) => {
            Some((last.value - first.value) / (last.at - first.at) as f64)
        }
    }
}

/// The samples as those of a counter that never falls. A fall by less than an eighth is taken for a wrong sample.
fn without_resets(points: &[Point]) -> Vec<Point> {
    let mut correction = 0.0;
    let mut previous = points.first().map_or(0.0, |first| first.value);
    let corrected = points.iter().map(|point| {
        let fall = previous - point.value;
        if fall > 0.0 {
            correction += if 8.0 * fall < previous {
                fall
            } else {
                previous
            };
        }
        previous = point.value;
        Point {
            at: point.at,
            value: point.value + correction,
        }
    });
    corrected.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn increase(of: &[(i64, f64)], from: i64, to: i64) -> Option<f64> {
        let points: Vec<_> = of.iter().map(|&(at, value)| Point { at, value }).collect();
        rate(&points, Range { from, to }).map(|rate| rate * 1000.0)
    }

    #[test]
    fn the_sample_before_the_window_counts_and_its_time_too() {
        let steady = [(1000, 50.0), (2000, 60.0), (3000, 70.0), (4000, 90.0)];
        assert_eq!(increase(&steady, 2500, 4000), Some(15.0));
        assert_eq!(increase(&steady, 2000, 3500), Some(10.0));
        assert_eq!(increase(&steady, 4000, 5000), Some(0.0));
        assert_eq!(increase(&steady, 4000 + PREVIOUS_MS, 400_000), None);
    }

    #[test]
    fn a_series_that_begins_in_the_window_has_its_own_time() {
        let young = [(1000, 5.0), (2000, 15.0)];
        assert_eq!(increase(&young, 0, 10_000), Some(10.0));
        assert_eq!(increase(&young[..1], 0, 10_000), None);
    }

    #[test]
    fn a_reset_adds_what_came_after_it_and_a_small_fall_nothing() {
        let reset = [(1000, 100.0), (2000, 4.0), (3000, 9.0)];
        assert_eq!(increase(&reset, 1000, 3000), Some(4.5));
        let wrong = [(1000, 100.0), (2000, 99.0), (3000, 110.0)];
        assert_eq!(increase(&wrong, 1000, 3000), Some(5.5));
    }
}
