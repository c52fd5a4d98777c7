//! Whole nanoseconds from 0 to 100 days, each of which an `f64` holds exactly; displayed as the grammar reads them.

use std::{fmt, time::Duration};

/// A delay in whole nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Nanos(u64);

impl Nanos {
    pub const ZERO: Self = Self(0);
    /// 100 days, the longest possible delay: below 2^53 ns, so that an `f64` holds it exactly.
    pub const LONGEST: Self = Self(8_640_000 * 1_000_000_000);

    pub fn saturating(nanos: u128) -> Self {
        u64::try_from(nanos).map_or(Self::LONGEST, |nanos| Self(nanos).min(Self::LONGEST))
    }

    /// The nearest whole nanosecond; 0 for a negative number or not-a-number.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the cast saturates, and the value is clamped first"
    )]
    pub fn nearest(nanos: f64) -> Self {
        Self(nanos.clamp(0.0, Self::LONGEST.as_f64()).round() as u64)
    }

    pub fn as_f64(self) -> f64 {
        self.0 as f64
    }

    /// Halfway between two, rounded down.
    pub fn middle(self, other: Self) -> Self {
        Self(self.0.midpoint(other.0))
    }

    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl From<Duration> for Nanos {
    fn from(duration: Duration) -> Self {
        Self::saturating(duration.as_nanos())
    }
}

impl From<Nanos> for Duration {
    fn from(nanos: Nanos) -> Self {
        Self::from_nanos(nanos.0)
    }
}

/// In the largest unit of s, ms, us, ns that is not larger than the value: `1.5s`, `250ms`, `0s`.
impl fmt::Display for Nanos {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (digits, name) = match self.0 {
            0 | 1_000_000_000.. => (9, "s"),
            1_000_000.. => (6, "ms"),
            1_000.. => (3, "us"),
            _ => (0, "ns"),
        };
        let unit = 10_u64.pow(digits);
        let (whole, part) = (self.0 / unit, self.0 % unit);
        if part == 0 {
            return write!(f, "{whole}{name}");
        }
        let width = usize::try_from(digits).unwrap_or_default();
        let part = format!("{part:0width$}");
        write!(f, "{whole}.{}{name}", part.trim_end_matches('0'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn each_whole_number_up_to_100_days_is_its_own_nearest(nanos in 0..=Nanos::LONGEST.0) {
            prop_assert_eq!(Nanos::nearest(nanos as f64), Nanos(nanos));
        }
    }

    #[test]
    fn a_number_is_rounded_to_the_nearest_nanosecond() {
        for (number, nanos) in [
            (0.499_999_999_999_999_94, 0),
            (0.5, 1),
            (1.499, 1),
            (4_503_599_627_370_497.0, 4_503_599_627_370_497), // 2^52 + 1
            (-1.0, 0),
            (f64::NAN, 0),
            (f64::INFINITY, Nanos::LONGEST.0),
        ] {
            assert_eq!(Nanos::nearest(number), Nanos(nanos), "{number}");
        }
    }
}
