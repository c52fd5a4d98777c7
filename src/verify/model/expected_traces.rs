//! Which of the sampled traces should be in the store: all of them, a share, or those of slow requests.

use std::{str::FromStr, time::Duration};

use super::{requests::Requests, spans::WantedTrace, statistics::FALSE_ALARM};
use crate::{delay::parse_duration, load::ratio};

/// A sampler on the way decides by the duration of the whole trace, which may differ from the measured total by this.
const MARGIN: Duration = Duration::from_millis(5);

/// What samplers on the way leave.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ExpectedTraces {
    /// Each with this probability, above 0 and at most 1.
    Share(f64),
    /// Those of requests whose total is longer.
    SlowerThan(Duration),
}

impl Default for ExpectedTraces {
    fn default() -> Self {
        Self::Share(1.0)
    }
}

impl ExpectedTraces {
    /// Whether the trace of a request with this total must be there.
    pub fn requires(self, total: Duration) -> bool {
        match self {
            Self::Share(share) => share >= 1.0,
            Self::SlowerThan(limit) => total > limit + MARGIN,
        }
    }

    /// The traces of the sampled answers that must be there.
    pub fn required(self, sent: &Requests) -> Vec<WantedTrace> {
        sent.traces_of(|answer| answer.sampled && self.requires(answer.total))
    }

    /// Whether it should not be there.
    pub fn excludes(self, total: Duration) -> bool {
        match self {
            Self::Share(_) => false,
            Self::SlowerThan(limit) => total + MARGIN < limit,
        }
    }

    /// How many of `count` traces there are by chance, at least and at most; fewer or more are each rarer than
    /// [`FALSE_ALARM`]. `None` where chance decides nothing.
    pub fn band(self, count: f64) -> Option<(f64, f64)> {
        let share = match self {
            Self::Share(share) if share < 1.0 => share,
            _ => return None,
        };
        Some((least(count, share), count - least(count, 1.0 - share)))
    }
}

/// The least number of successes out of `count` that is not rarer than [`FALSE_ALARM`]: the sum of the binomial
/// probabilities up to it, each from the one before, in logarithms, since the first ones may be too small for a number.
fn least(count: f64, share: f64) -> f64 {
    let (mut successes, mut sum) = (0.0, 0.0);
    let mut logarithm = count * (-share).ln_1p();
    while successes < count {
        sum += f64::exp(logarithm);
        if sum > FALSE_ALARM {
            break;
        }
        logarithm += ((count - successes) / (successes + 1.0) * share / (1.0 - share)).ln();
        successes += 1.0;
    }
    successes
}

impl FromStr for ExpectedTraces {
    type Err = String;

    fn from_str(given: &str) -> Result<Self, String> {
        if let Some(limit) = given.trim().strip_prefix("total") {
            let limit = limit.trim_start().strip_prefix('>');
            let limit = limit.ok_or("expected > after total, such as total>1s")?;
            let limit = parse_duration(limit.trim()).map_err(|error| error.to_string());
            return limit.map(Self::SlowerThan);
        }
        match ratio(given.trim()) {
            Ok(share) if share > 0.0 => Ok(Self::Share(share)),
            _ => Err("expected a share above 0 and up to 1, such as 0.5, or total>1s".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_and_limits_are_read() {
        let read = |text: &str| text.parse::<ExpectedTraces>();
        assert_eq!(read("0.5"), Ok(ExpectedTraces::Share(0.5)));
        let limit = ExpectedTraces::SlowerThan(Duration::from_secs(1));
        assert_eq!(read(" total > 1s "), Ok(limit));
        for bad in [
            "", "0", "1.1", "NaN", "total", "total<1s", "total>1", "slow",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn near_the_limit_nothing_is_claimed() {
        let limit = ExpectedTraces::SlowerThan(Duration::from_secs(1));
        let judged = |millis| {
            let total = Duration::from_millis(millis);
            (limit.requires(total), limit.excludes(total))
        };
        assert_eq!(judged(994), (false, true));
        assert_eq!(judged(1004), (false, false));
        assert_eq!(judged(1006), (true, false));
    }

    #[test]
    fn outside_of_the_band_are_the_counts_that_are_rarer_than_one_in_a_million() {
        let band = |share, count| ExpectedTraces::Share(share).band(count).unwrap();
        // 0.5^20 < 1e-6 < 21 * 0.5^20
        assert_eq!(band(0.5, 20.0), (1.0, 19.0));
        assert_eq!(band(0.5, 19.0), (0.0, 19.0));
        // P(5 of 20) at 0.01 is 1.3e-6, at least 6: 5e-8
        assert_eq!(band(0.01, 20.0), (0.0, 5.0));
        assert_eq!(band(0.99, 20.0), (15.0, 20.0));
        // Near the normal distribution, whose one-sided quantile is 4.75 deviations.
        let (low, high) = band(0.5, 1e6);
        assert!((low - 497_623.0).abs() < 10.0 && (high - 502_377.0).abs() < 10.0);
        assert_eq!(ExpectedTraces::default().band(100.0), None);
    }
}
