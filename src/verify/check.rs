//! Verdicts, and the few statistics that they rest on. Pure.

use std::{fmt, time::Duration};

use serde::Serialize;

use crate::delay::Delay;

/// How often a healthy sample may leave the band: once in a million runs.
const FALSE_ALARM: f64 = 1e-6;

/// What a hop came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Verdict {
    Pass,
    Warn,
    Skipped,
    Fail,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Pass => "PASS",
            Self::Warn => "WARN",
            Self::Skipped => "SKIPPED",
            Self::Fail => "FAIL",
        })
    }
}

/// How far what is observed may be from what is expected.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Bound {
    /// Not at all.
    Exactly,
    /// A share of the expected value.
    Relative(f64),
    /// Above it by at most this much, never below it.
    Surplus(f64),
}

/// One comparison.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Check {
    pub(super) expected: f64,
    pub(super) observed: f64,
    pub(super) bound: Bound,
}

impl Check {
    /// Whether the bound is kept. What is not a number keeps none.
    pub(super) fn holds(self) -> bool {
        let off = self.observed - self.expected;
        match self.bound {
            Bound::Exactly => self.observed.total_cmp(&self.expected).is_eq() || off == 0.0,
            Bound::Relative(share) => off.abs() <= share * self.expected.abs(),
            Bound::Surplus(most) => (0.0..=most).contains(&off),
        }
    }
}

/// A number of things, for arithmetic.
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
pub(super) fn count(things: usize) -> f64 {
    things as f64
}

/// Milliseconds, or a span of them, for arithmetic.
#[expect(
    clippy::cast_precision_loss,
    reason = "Unix time stays far below 2^53 ms"
)]
pub(super) fn millis(instant: i64) -> f64 {
    instant as f64
}

/// The half-width of the Dvoretzky-Kiefer-Wolfowitz band (with Massart's constant) around an empirical distribution of
/// `n` draws: sqrt(ln(2/a)/(2n)), left with probability at most a = 1e-6.
pub(super) fn dkw(n: usize) -> f64 {
    ((2.0 / FALSE_ALARM).ln() / (2.0 * count(n.max(1)))).sqrt()
}

/// The largest distance between a declared distribution and that of a sorted sample, and the delay where it is found.
pub(super) fn distance(delay: &Delay, sorted: &[Duration]) -> (f64, Duration) {
    let n = count(sorted.len().max(1));
    let mut worst = (0.0, Duration::ZERO);
    let mut below = 0;
    for group in sorted.chunk_by(PartialEq::eq) {
        let x = group[0];
        let before = x
            .checked_sub(Duration::from_nanos(1))
            .map_or(0.0, |before| delay.cdf(before));
        let upto = below + group.len();
        for off in [count(below) / n - before, count(upto) / n - delay.cdf(x)] {
            if off.abs() > worst.0 {
                worst = (off.abs(), x);
            }
        }
        below = upto;
    }
    worst
}

/// The value that a share `q` of a sorted sample does not exceed; nothing of an empty one.
pub(super) fn order_statistic<T: Copy>(sorted: &[T], q: f64) -> Option<T> {
    let rank = (q * count(sorted.len())).ceil();
    let index = (0..sorted.len()).find(|&index| count(index + 1) >= rank);
    index.map(|index| sorted[index])
}

/// Of signed differences in seconds: the middle, the tail, and both ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Spread {
    pub(super) min: f64,
    pub(super) p50: f64,
    pub(super) p99: f64,
    pub(super) max: f64,
}

impl Spread {
    /// Nothing of no differences.
    pub(super) fn of(mut seconds: Vec<f64>) -> Option<Self> {
        seconds.sort_by(f64::total_cmp);
        Some(Self {
            min: *seconds.first()?,
            p50: order_statistic(&seconds, 0.5)?,
            p99: order_statistic(&seconds, 0.99)?,
            max: *seconds.last()?,
        })
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [p50, p99, max] = [self.p50, self.p99, self.max].map(milliseconds);
        write!(f, "p50 {p50}, p99 {p99}, max {max}")
    }
}

/// Seconds, worded as milliseconds.
pub(super) fn milliseconds(seconds: f64) -> String {
    format!("{:.3} ms", 1e3 * seconds)
}

/// `later - earlier` in seconds; negative where later is less.
pub(super) fn difference(later: Duration, earlier: Duration) -> f64 {
    match later.checked_sub(earlier) {
        Some(more) => more.as_secs_f64(),
        None => -(earlier.saturating_sub(later)).as_secs_f64(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delay(spec: &str) -> Delay {
        spec.parse().unwrap()
    }

    #[test]
    fn a_bound_is_kept_or_not() {
        let holds = |expected, observed, bound| {
            Check {
                expected,
                observed,
                bound,
            }
            .holds()
        };
        assert!(holds(3.0, 3.0, Bound::Exactly) && !holds(3.0, 4.0, Bound::Exactly));
        assert!(
            holds(2.0, 2.03, Bound::Relative(0.02)) && !holds(2.0, 2.05, Bound::Relative(0.02))
        );
        assert!(holds(3.0, 5.0, Bound::Surplus(2.0)) && !holds(3.0, 2.0, Bound::Surplus(2.0)));
        assert!(!holds(3.0, 6.0, Bound::Surplus(2.0)));
        for bound in [Bound::Relative(1.0), Bound::Surplus(f64::INFINITY)] {
            assert!(!holds(1.0, f64::NAN, bound), "{bound:?}");
        }
    }

    #[test]
    fn the_band_of_a_thousand_draws_is_8_5_percent() {
        assert!((dkw(1000) - 0.085_175).abs() < 1e-5, "{}", dkw(1000));
    }

    #[test]
    fn an_even_sample_is_as_near_as_it_can_be() {
        let even: Vec<_> = (1..=100)
            .map(|n| Duration::from_millis(20 * n - 10))
            .collect();
        let (off, _) = distance(&delay("uniform(0s,2s)"), &even);
        assert!((off - 0.005).abs() < 1e-6, "{off}");
    }

    #[test]
    fn many_draws_of_one_value_are_near_a_constant() {
        let same = [Duration::from_millis(250); 40];
        assert!(distance(&delay("constant(250ms)"), &same).0 < 1e-12);
        assert!(distance(&delay("constant(251ms)"), &same).0 > 0.99);
    }

    #[test]
    fn a_truncated_sample_is_far_off_where_it_was_cut() {
        let cut: Vec<_> = (1..=100).map(|n| Duration::from_millis(10 * n)).collect();
        let (off, at) = distance(&delay("uniform(0s,2s)"), &cut);
        assert!((off - 0.5).abs() < 0.01, "{off}");
        assert_eq!(at, Duration::from_secs(1));
    }

    #[test]
    fn order_statistics_are_values_of_the_sample() {
        let sorted: Vec<_> = (1..=200).collect();
        assert_eq!(order_statistic(&sorted, 0.5), Some(100));
        assert_eq!(order_statistic(&sorted, 0.99), Some(198));
        assert_eq!(order_statistic(&[7], 0.99), Some(7));
        assert_eq!(order_statistic::<u8>(&[], 0.5), None);
    }
}
