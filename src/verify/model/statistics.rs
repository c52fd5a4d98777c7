//! Tolerances, and the few statistics that the verdicts rest on.

use std::{fmt, time::Duration};

use crate::delay::Delay;

/// Probability that a correct sample leaves the confidence band.
pub const FALSE_ALARM: f64 = 1e-6;

/// How far an observed value may be from the expected one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Tolerance {
    /// Equal.
    Exact,
    /// Within a share of the expected value.
    Relative(f64),
    /// At most this much above, never below.
    Surplus(f64),
}

impl Tolerance {
    /// Whether `observed` is within the tolerance; never for NaN unless both are the same NaN.
    pub fn allows(self, expected: f64, observed: f64) -> bool {
        let off = observed - expected;
        match self {
            Self::Exact => observed.total_cmp(&expected).is_eq() || off == 0.0,
            Self::Relative(share) => off.abs() <= share * expected.abs(),
            Self::Surplus(most) => (0.0..=most).contains(&off),
        }
    }
}

/// The half-width of the Dvoretzky-Kiefer-Wolfowitz band (with Massart's constant) around an empirical distribution of
/// `n` draws: sqrt(ln(2/a)/(2n)), left with probability at most a = 1e-6.
pub fn dkw_band(n: usize) -> f64 {
    ((2.0 / FALSE_ALARM).ln() / (2.0 * n.max(1) as f64)).sqrt()
}

/// The largest distance (Kolmogorov-Smirnov) between a declared distribution and a sorted sample, and where it is.
pub fn distance(delay: &Delay, sorted: &[Duration]) -> (f64, Duration) {
    let n = sorted.len().max(1) as f64;
    let mut worst = (0.0, Duration::ZERO);
    let mut below = 0;
    for group in sorted.chunk_by(PartialEq::eq) {
        let x = group[0];
        let before = x
            .checked_sub(Duration::from_nanos(1))
            .map_or(0.0, |before| delay.cdf(before));
        let upto = below + group.len();
        for off in [below as f64 / n - before, upto as f64 / n - delay.cdf(x)] {
            if off.abs() > worst.0 {
                worst = (off.abs(), x);
            }
        }
        below = upto;
    }
    worst
}

/// The value that a share `q` of a sorted sample does not exceed; `None` for an empty sample.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a rank from 0 to the length of the sample"
)]
pub fn order_statistic<T: Copy>(sorted: &[T], q: f64) -> Option<T> {
    let rank = (q * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied()
}

/// Quantiles of signed differences in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    pub min: f64,
    pub p50: f64,
    pub p99: f64,
    pub max: f64,
}

impl Spread {
    /// Of sorted differences; `None` where there are none.
    pub fn of(seconds: &[f64]) -> Option<Self> {
        Some(Self {
            min: *seconds.first()?,
            p50: order_statistic(seconds, 0.5)?,
            p99: order_statistic(seconds, 0.99)?,
            max: *seconds.last()?,
        })
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [p50, p99, max] = [self.p50, self.p99, self.max].map(millis_text);
        write!(f, "p50 {p50}, p99 {p99}, max {max}")
    }
}

/// Seconds, written as milliseconds.
pub fn millis_text(seconds: f64) -> String {
    format!("{:.3} ms", 1e3 * seconds)
}

/// Seconds from one instant to another.
pub fn difference(later: Duration, earlier: Duration) -> f64 {
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
    fn a_tolerance_allows_what_is_within_it() {
        let [exact, relative, surplus] = [
            Tolerance::Exact,
            Tolerance::Relative(0.02),
            Tolerance::Surplus(2.0),
        ];
        assert!(exact.allows(3.0, 3.0) && !exact.allows(3.0, 4.0));
        assert!(relative.allows(2.0, 2.03) && !relative.allows(2.0, 2.05));
        assert!(surplus.allows(3.0, 5.0) && !surplus.allows(3.0, 2.0));
        assert!(!surplus.allows(3.0, 6.0));
        for tolerance in [Tolerance::Relative(1.0), Tolerance::Surplus(f64::INFINITY)] {
            assert!(!tolerance.allows(1.0, f64::NAN), "{tolerance:?}");
        }
    }

    #[test]
    fn the_band_of_a_thousand_draws_is_8_5_percent() {
        assert!(
            (dkw_band(1000) - 0.085_175).abs() < 1e-5,
            "{}",
            dkw_band(1000)
        );
    }

    #[test]
    fn an_even_sample_is_as_close_as_possible() {
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
