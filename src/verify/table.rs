//! Truth, expected and reported percentiles side by side, and where the error comes from. Pure.

use std::fmt;

use serde::Serialize;

use super::{
    check::order_statistic,
    evidence::Evidence,
    histogram::{Histogram, le},
    scraped::QUANTILES,
};

/// One percentile; all in seconds. What is not known is left out.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) struct Row {
    pub(super) q: f64,
    /// Of the declared delay.
    pub(super) truth: f64,
    /// What the formula makes of the counts: Prometheus' raw samples, else the answers.
    pub(super) expected: Option<f64>,
    /// What Prometheus says.
    pub(super) reported: Option<f64>,
    pub(super) error: Split,
}

/// The parts of reported (else expected) minus truth.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) struct Split {
    /// These delays were drawn, and not all possible ones.
    pub(super) sampling: Option<f64>,
    /// The measured total is above the drawn delay.
    pub(super) clock: Option<f64>,
    /// A straight line through a bucket.
    pub(super) bucket: Option<f64>,
    /// `rate()` stretches what it sees; scrapes may be lost or doubled.
    pub(super) extrapolation: Option<f64>,
}

/// All rows.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub(super) struct Table(pub(super) Vec<Row>);

impl Table {
    pub(super) fn of(evidence: &Evidence) -> Self {
        let mut drawn: Vec<_> = evidence.answers().map(|answer| answer.drawn).collect();
        let mut totals: Vec<_> = evidence.answers().map(|answer| answer.total).collect();
        drawn.sort();
        totals.sort();
        let counts = bounds(evidence).map(|bounds| Histogram::of(&bounds, &totals));
        let whole = evidence.scraped.got().map(|scraped| &scraped.whole);
        let row = |(index, q): (usize, f64)| {
            let seconds = |sorted: &[std::time::Duration]| {
                order_statistic(sorted, q).map(|value| value.as_secs_f64())
            };
            let (drawn, measured) = (seconds(&drawn), seconds(&totals));
            let bucketed = counts.as_ref().map(|counts| counts.quantile(q));
            let expected = whole.and_then(|whole| whole.expected.get(index).copied());
            let reported = whole.and_then(|whole| whole.reported.get(index).copied().flatten());
            let truth = evidence.claim.delay.quantile(q).as_secs_f64();
            let minus = |a: Option<f64>, b: Option<f64>| {
                a.zip(b).map(|(a, b)| a - b).filter(|off| off.is_finite())
            };
            Row {
                q,
                truth,
                expected: expected.or(bucketed).filter(|value| value.is_finite()),
                reported,
                error: Split {
                    sampling: minus(drawn, Some(truth)),
                    clock: minus(measured, drawn),
                    bucket: minus(bucketed, measured),
                    extrapolation: minus(reported, bucketed),
                },
            }
        };
        Self(QUANTILES.into_iter().enumerate().map(row).collect())
    }
}

fn bounds(evidence: &Evidence) -> Option<Vec<f64>> {
    let page = evidence
        .counted()
        .into_iter()
        .find_map(|life| life.counts.steps.get("total").map(Histogram::bounds));
    page.or_else(|| {
        let lives = evidence.scraped.got()?.targets.iter();
        lives
            .flat_map(|target| &target.lives)
            .find_map(|life| life.counts.steps.get("total").map(Histogram::bounds))
    })
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:>5}  {:>10}  {:>10}  {:>10}  =  {:>10}  {:>10}  {:>10}  {:>15}",
            "q",
            "truth",
            "expected",
            "reported",
            "+ sampling",
            "+ clock",
            "+ bucket",
            "+ extrapolation"
        )?;
        self.0.iter().try_for_each(|row| writeln!(f, "{row}"))
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = |seconds: Option<f64>| {
            seconds.map_or("-".to_owned(), |seconds| format!("{seconds:.6} s"))
        };
        let part =
            |seconds: Option<f64>| seconds.map_or("-".to_owned(), |part| format!("{part:+.6}"));
        let Split {
            sampling,
            clock,
            bucket,
            extrapolation,
        } = self.error;
        write!(
            f,
            "{:>5}  {:>10}  {:>10}  {:>10}  =  {:>10}  {:>10}  {:>10}  {:>15}",
            le(self.q),
            time(Some(self.truth)),
            time(self.expected),
            time(self.reported),
            part(sampling),
            part(clock),
            part(bucket),
            part(extrapolation)
        )
    }
}
