//! How far another clock is ahead of this machine's, as answers tell: each lies between the question and its arrival.

use std::time::Duration;

/// What two readings may differ by though no clock stepped: rounding, and clocks that are adjusted slowly.
pub const TOLERANCE_MS: i64 = 1000;

/// Milliseconds by which another clock is ahead, at least and at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ahead {
    least: i64,
    most: i64,
}

impl Default for Ahead {
    fn default() -> Self {
        Self {
            least: i64::MIN,
            most: i64::MAX,
        }
    }
}

impl Ahead {
    /// A reading of the other clock, between two of this machine's. All are milliseconds of Unix time; the reading may be
    /// cut to a multiple of its resolution.
    pub fn add(&mut self, reading: i64, resolution: i64, (asked, answered): (i64, i64)) {
        self.least = self.least.max(reading - answered);
        self.most = self.most.min(reading + resolution - asked);
    }

    /// The best estimate; `None` without a reading.
    pub fn millis(self) -> Option<i64> {
        (self != Self::default()).then(|| self.least.midpoint(self.most))
    }

    /// How far the clock stepped between two readings, where they cannot be of one clock that goes on.
    pub fn step(self) -> Option<Duration> {
        let millis = self.least.saturating_sub(self.most);
        let step = Duration::from_millis(u64::try_from(millis).ok()?);
        (millis > TOLERANCE_MS).then_some(step)
    }

    /// The same, 0 where it can be neglected.
    pub fn apart(self) -> i64 {
        let is_apart = self.least > TOLERANCE_MS || self.most < -TOLERANCE_MS;
        self.millis().filter(|_| is_apart).unwrap_or_default()
    }

    /// That it differs, where that cannot be neglected.
    pub fn difference(self) -> Option<String> {
        let millis = self.apart();
        let side = if millis > 0 { "ahead of" } else { "behind" };
        let seconds = millis.unsigned_abs() as f64 / 1e3;
        (millis != 0).then(|| format!("{seconds:.1} s {side} this machine's"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(readings: &[(i64, i64, i64)]) -> Ahead {
        let mut ahead = Ahead::default();
        for &(reading, asked, answered) in readings {
            ahead.add(reading, 0, (asked, answered));
        }
        ahead
    }

    #[test]
    fn readings_narrow_the_difference_however_long_an_answer_takes() {
        let ahead = of(&[(60_500, 0, 9000), (70_010, 10_000, 10_020)]);
        assert_eq!((ahead.millis(), ahead.step()), (Some(60_000), None));
        assert_eq!(
            ahead.difference().unwrap(),
            "60.0 s ahead of this machine's"
        );
        assert_eq!(of(&[(700, 0, 10)]).difference(), None);
        let behind = of(&[(-9000, 1000, 1010)]).difference();
        assert_eq!(behind.unwrap(), "10.0 s behind this machine's");
    }

    #[test]
    fn a_step_is_told_from_an_answer_that_is_late() {
        for (second, step) in [
            ((10_000, 10_000, 10_000), None),
            ((10_900, 10_000, 10_000), None),
            ((610_000, 10_000, 10_000), Some(600)),
            ((-590_000, 10_000, 10_000), Some(600)),
            ((40_000, 10_000, 70_000), None),
        ] {
            let step = step.map(Duration::from_secs);
            assert_eq!(of(&[(0, 0, 0), second]).step(), step, "{second:?}");
        }
        assert_eq!(
            (Ahead::default().step(), Ahead::default().millis()),
            (None, None)
        );
        assert_eq!(Ahead::default().difference(), None);
    }

    #[test]
    fn a_reading_in_whole_seconds_is_no_difference() {
        let mut ahead = Ahead::default();
        for millis in (0..5000).step_by(700) {
            ahead.add(millis / 1000 * 1000, 1000, (millis, millis + 2));
        }
        assert_eq!((ahead.difference(), ahead.step()), (None, None));
    }
}
