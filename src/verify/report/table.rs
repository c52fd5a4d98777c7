//! Truth, expected and reported percentiles side by side, and the parts of the error.

use std::{fmt, time::Duration};

use serde::Serialize;

use crate::{
    contract::Step,
    verify::{
        evidence::Evidence,
        model::{
            histogram::Histogram, page::processes, quantile_query::QUANTILES, scrapes::Scrapes,
            statistics::order_statistic,
        },
    },
};

/// One percentile, in seconds. Unknown values are left out.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Row {
    q: f64,
    /// Of the declared delay.
    truth: f64,
    /// The formula applied to the counts: of Prometheus' raw samples, otherwise of the answers.
    expected: Option<f64>,
    /// By Prometheus.
    reported: Option<f64>,
    /// By Prometheus, of the native histograms.
    native: Option<f64>,
    error: ErrorParts,
}

/// The parts of reported (otherwise expected) minus truth.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
struct ErrorParts {
    /// A finite sample of delays was drawn.
    sampling: Option<f64>,
    /// The measured total is above the drawn delay.
    clock: Option<f64>,
    /// Linear interpolation in a bucket.
    bucket: Option<f64>,
    /// `rate()` extrapolates. Unknown where Prometheus has other counts than the answers: other traffic, missing buckets.
    extrapolation: Option<f64>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Table(Vec<Row>);

impl Table {
    pub fn of(evidence: &Evidence) -> Self {
        let answers = || evidence.sent.answers();
        let drawn = quantiles(&evidence.sent.sorted(|answer| answer.drawn));
        let totals = quantiles(&evidence.sent.sorted(|answer| answer.total));
        let counts = bounds(evidence)
            .map(|bounds| Histogram::of(&bounds, answers().map(|answer| answer.total)));
        let run = evidence.scrapes.found().map(|scrapes| &scrapes.run);
        let native = evidence.scrapes.found().map(|scrapes| &scrapes.native.run);
        let is_same = counts
            .as_ref()
            .is_some_and(|counts| is_scraped(evidence, counts));
        let row = |(index, q): (usize, f64)| {
            let (drawn, measured) = (drawn[index], totals[index]);
            let bucketed = counts.as_ref().map(|counts| counts.quantile(q));
            let expected = run.and_then(|run| run.expected.get(index).copied());
            let expected = expected.filter(|value| value.is_finite());
            let reported = run.and_then(|run| run.reported.get(index).copied().flatten());
            let truth = evidence.claim.delay.quantile(q).as_secs_f64();
            let minus = |a: Option<f64>, b: Option<f64>| {
                a.zip(b).map(|(a, b)| a - b).filter(|off| off.is_finite())
            };
            Row {
                q,
                truth,
                expected: expected.or(bucketed).filter(|value| value.is_finite()),
                reported,
                native: native.and_then(|run| run.reported.get(index).copied().flatten()),
                error: ErrorParts {
                    sampling: minus(drawn, Some(truth)),
                    clock: minus(measured, drawn),
                    bucket: minus(bucketed, measured),
                    extrapolation: minus(reported, bucketed).filter(|_| is_same),
                },
            }
        };
        Self(QUANTILES.into_iter().enumerate().map(row).collect())
    }
}

/// Seconds, at each of [`QUANTILES`].
fn quantiles(sorted: &[Duration]) -> [Option<f64>; QUANTILES.len()] {
    QUANTILES.map(|q| order_statistic(sorted, q).map(|time| time.as_secs_f64()))
}

/// Whether Prometheus has these counts, and no others.
fn is_scraped(evidence: &Evidence, counts: &Histogram) -> bool {
    let mut sum = Histogram::default();
    let scrapes = evidence.scrapes.found().into_iter();
    for process in scrapes.flat_map(Scrapes::processes) {
        if let Some(total) = process.counts.step(Step::Total) {
            sum.add(total);
        }
    }
    counts
        .differences(&sum, 0.0, Step::Total.as_str())
        .is_empty()
}

/// The bounds of the latency buckets, by `/metrics` or by Prometheus.
fn bounds(evidence: &Evidence) -> Option<Vec<f64>> {
    let mut processes = processes(&evidence.replicas).into_iter();
    let page = processes.find_map(|process| Some(process.counts.step(Step::Total)?.bounds()));
    page.or_else(|| evidence.scrapes.found().and_then(Scrapes::bounds))
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:>5}  {:>10}  {:>10}  {:>10}  {:>10}  =  {:>10}  {:>10}  {:>10}  {:>15}",
            "q",
            "truth",
            "native",
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
        let ErrorParts {
            sampling,
            clock,
            bucket,
            extrapolation,
        } = self.error;
        write!(
            f,
            "{:>5}  {:>10}  {:>10}  {:>10}  {:>10}  =  {:>10}  {:>10}  {:>10}  {:>15}",
            self.q,
            time(Some(self.truth)),
            time(self.native),
            time(self.expected),
            time(self.reported),
            part(sampling),
            part(clock),
            part(bucket),
            part(extrapolation)
        )
    }
}
