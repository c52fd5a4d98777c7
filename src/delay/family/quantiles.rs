//! `quantiles(PERCENT=DURATION,...)`: straight lines between given percentiles.

use std::fmt;

use super::uniform::capped_mean;
use crate::delay::{
    Delay, SpecError,
    distribution::Family,
    nanos::Nanos,
    spec::{Parsed, Parser, Syntax},
};

pub const SYNTAX: Syntax = Syntax {
    usage: "quantiles(PERCENT=DURATION,...,100=DURATION)",
    about: "straight lines between percentiles, from 0=0s unless it is given; 100 is required",
    parse,
    #[cfg(test)]
    examples: &[
        "quantiles(50=100ms,90=400ms,99=2s,100=3s)",
        "quantiles(0=1s,20=1s,99.9=1s,100=2s)",
    ],
    #[cfg(test)]
    random: |a, b, share| {
        let (percent, a) = (100.0 * share, a.div_ceil(2));
        format!("quantiles({percent:.3}={a}ns,100={}ns)", a + b.div_ceil(2))
    },
};

/// The first knot is at 0 %, the last at 100 %, and no value is below the one before.
#[derive(Debug)]
struct Quantiles(Vec<Knot>);

/// A percentile and its value.
#[derive(Debug)]
struct Knot {
    percent: f64,
    /// The percentage as a share, rounded once (99.9 / 100 is not 0.999).
    share: f64,
    value: Nanos,
}

fn parse(parser: &mut Parser) -> Parsed {
    let mut knots: Vec<Knot> = Vec::new();
    loop {
        let knot = knot(parser, knots.last())?;
        knots.push(knot);
        let end = parser.place();
        if !parser.take(',') {
            return if knots.last().is_some_and(|last| last.percent < 100.0) {
                Err(end.refuse("the last percentile must be 100, the longest delay"))
            } else {
                Ok(Delay::new(Quantiles::new(knots)))
            };
        }
    }
}

fn knot(parser: &mut Parser, last: Option<&Knot>) -> Result<Knot, SpecError> {
    let start = parser.place();
    parser.count_part()?;
    let percent = parser.number("a percentile")?;
    if percent > 100.0 {
        return Err(start.refuse("a percentile must not be above 100"));
    }
    parser.sign('=')?;
    let knot = Knot::new(percent, parser.duration()?);
    match last {
        Some(last) if knot.share <= last.share => Err(start.refuse(format!(
            "the percentile must be above the last, {}",
            last.percent
        ))),
        Some(last) if knot.value < last.value => Err(start.refuse(format!(
            "the delay must not be below the last, {}",
            last.value
        ))),
        _ => Ok(knot),
    }
}

impl Quantiles {
    /// From knots at rising percentages up to 100; adds 0 % at zero where it is absent.
    fn new(mut knots: Vec<Knot>) -> Self {
        if knots.first().is_none_or(|first| first.percent > 0.0) {
            knots.insert(0, Knot::new(0.0, Nanos::ZERO));
        }
        Self(knots)
    }

    /// The line that ends at the first knot for which `beyond` does not hold.
    fn line(&self, beyond: impl Fn(&Knot) -> bool) -> (&Knot, &Knot) {
        let last = self.0.len() - 1;
        let end = self.0.partition_point(beyond).clamp(1, last);
        (&self.0[end - 1], &self.0[end])
    }
}

impl Family for Quantiles {
    fn quantile(&self, u: f64) -> f64 {
        let (from, to) = self.line(|knot| knot.share < u);
        let along = (u - from.share) / (to.share - from.share);
        from.value.as_f64() + (to.value.as_f64() - from.value.as_f64()) * along
    }

    fn survival(&self, x: f64) -> f64 {
        let (from, to) = self.line(|knot| knot.value.as_f64() <= x);
        if x < from.value.as_f64() {
            return 1.0;
        }
        if x >= to.value.as_f64() {
            return 0.0;
        }
        let left = (to.value.as_f64() - x) / (to.value.as_f64() - from.value.as_f64());
        (1.0 - to.share) + (to.share - from.share) * left
    }

    fn mean(&self, cap: f64) -> f64 {
        let lines = self.0.iter().zip(&self.0[1..]);
        lines
            .map(|(from, to)| {
                let mean = capped_mean(from.value.as_f64(), to.value.as_f64(), cap);
                (to.share - from.share) * mean
            })
            .sum()
    }

    fn longest(&self) -> Nanos {
        self.0.last().map_or(Nanos::ZERO, |knot| knot.value)
    }
}

impl fmt::Display for Quantiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let given = self
            .0
            .iter()
            .filter(|knot| knot.percent > 0.0 || knot.value > Nanos::ZERO)
            .map(|knot| format!("{}={}", knot.percent, knot.value));
        write!(f, "quantiles({})", given.collect::<Vec<_>>().join(","))
    }
}

impl Knot {
    fn new(percent: f64, value: Nanos) -> Self {
        let share = format!("{percent}e-2").parse().unwrap_or(percent / 100.0);
        Self {
            percent,
            share,
            value,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::delay::tests::delay;

    #[test]
    fn percentiles_are_met_exactly_and_joined_by_straight_lines() {
        let delay = delay("quantiles(50=100ms,90=400ms,99.9=2s,100=3s)");
        for (u, millis) in [
            (0.0, 0),
            (0.25, 50),
            (0.5, 100),
            (0.7, 250),
            (0.9, 400),
            (0.999, 2_000),
            (0.9995, 2_500),
            (1.0, 3_000),
        ] {
            assert_eq!(delay.quantile(u), Duration::from_millis(millis), "{u}");
        }
    }
}
