//! Which of the sampled traces should be in the store: all of them, a share, or those of slow requests.

use std::{str::FromStr, time::Duration};

use super::{
    requests::{Answer, Requests},
    spans::WantedTrace,
};
use crate::{delay::parse_duration, load::ratio};

/// A sampler on the way decides by the duration of the whole trace, which may differ from the measured total by this.
const MARGIN: Duration = Duration::from_millis(5);
/// Standard deviations of a binomial count that chance may cause: it does less than once in 15,000 runs.
const DEVIATIONS: f64 = 4.0;

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
        let required = |answer: &Answer<'_>| answer.sampled && self.requires(answer.total);
        let required = sent.answers().filter(required);
        required
            .map(|answer| WantedTrace {
                id: answer.sent.trace_id,
                replica: Some(answer.replica.into()),
            })
            .collect()
    }

    /// Whether it should not be there.
    pub fn excludes(self, total: Duration) -> bool {
        match self {
            Self::Share(_) => false,
            Self::SlowerThan(limit) => total + MARGIN < limit,
        }
    }

    /// How many of `count` traces there are by chance, at least and at most; `None` where chance decides nothing.
    pub fn band(self, count: usize) -> Option<(f64, f64)> {
        let share = match self {
            Self::Share(share) if share < 1.0 => share,
            _ => return None,
        };
        let count = count as f64;
        let off = DEVIATIONS * (count * share * (1.0 - share)).sqrt();
        let mean = count * share;
        Some((
            (mean - off).ceil().max(0.0),
            (mean + off).floor().min(count),
        ))
    }
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
    fn the_band_of_a_share_has_four_deviations() {
        assert_eq!(ExpectedTraces::Share(0.5).band(100), Some((30.0, 70.0)));
        assert_eq!(ExpectedTraces::Share(0.01).band(10), Some((0.0, 1.0)));
        assert_eq!(ExpectedTraces::default().band(100), None);
    }
}
