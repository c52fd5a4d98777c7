//! What is true of a declared delay, and what Prometheus will say of it from given buckets. Pure.

use std::{fmt, time::Duration};

use serde::Serialize;

use crate::{
    buckets::{self, Buckets},
    delay::Delay,
};

/// The quantiles that dashboards ask for.
const QUANTILES: [f64; 6] = [0.5, 0.75, 0.9, 0.95, 0.99, 0.999];

/// A delay in numbers, all times in seconds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Truth {
    /// The canonical spec, with the cap.
    pub delay: String,
    /// What fixes the draws, where it is known.
    pub seed: Option<u64>,
    /// The mean, after the cap.
    pub mean_seconds: f64,
    /// The longest possible delay, after the cap.
    pub max_seconds: f64,
    /// At 0.5, 0.75, 0.9, 0.95, 0.99 and 0.999.
    pub quantiles: Vec<TruthQuantile>,
    /// One for each finite bound; the probability at +Inf is always 1.
    pub buckets: Vec<TruthBucket>,
}

/// One quantile, exact and as it will be reported.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct TruthQuantile {
    /// Which one, from 0 to 1.
    pub q: f64,
    /// The exact value.
    pub seconds: f64,
    /// What `histogram_quantile` returns for these buckets, were each request measured exactly as drawn.
    pub reported_seconds: f64,
    /// reported / exact - 1: 0.05 is 5 % too high. Infinite (`null` in JSON) where only the exact value is 0.
    pub error_ratio: f64,
}

/// How much of the delay lies within one bucket's upper bound.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct TruthBucket {
    /// The upper bound.
    pub le: f64,
    /// The probability of a delay of at most `le`.
    pub probability: f64,
}

impl Truth {
    /// Computes what is true of `delay`, and what `buckets` will make of it.
    #[must_use]
    pub fn of(delay: &Delay, seed: Option<u64>, buckets: &Buckets) -> Self {
        let bounds = buckets.bounds();
        let within = bounds.iter().map(|&le| delay.cdf(longest_within(le)));
        let cumulative: Vec<f64> = within.chain([1.0]).collect();
        let quantile = |q| TruthQuantile::new(q, delay, buckets::quantile(q, bounds, &cumulative));
        let bucket = |(&le, &probability)| TruthBucket { le, probability };
        Self {
            delay: delay.to_string(),
            seed,
            mean_seconds: delay.mean().as_secs_f64(),
            max_seconds: delay.max().as_secs_f64(),
            quantiles: QUANTILES.map(quantile).to_vec(),
            buckets: bounds.iter().zip(&cumulative).map(bucket).collect(),
        }
    }

    /// The quantiles that will be reported above the longest possible delay.
    fn impossible(&self) -> impl Iterator<Item = &TruthQuantile> {
        let longest = self.max_seconds;
        let quantiles = self.quantiles.iter();
        quantiles.filter(move |quantile| quantile.reported_seconds > longest)
    }
}

impl TruthQuantile {
    fn new(q: f64, delay: &Delay, reported_seconds: f64) -> Self {
        let seconds = delay.quantile(q).as_secs_f64();
        let error_ratio = if reported_seconds.total_cmp(&seconds).is_eq() {
            0.0
        } else {
            reported_seconds / seconds - 1.0
        };
        Self {
            q,
            seconds,
            reported_seconds,
            error_ratio,
        }
    }
}

/// The longest delay in whole nanoseconds that a bucket with this bound counts, comparing in seconds as it does.
fn longest_within(le: f64) -> Duration {
    let nearest = Duration::try_from_secs_f64(le).unwrap_or(Duration::MAX);
    if nearest.as_secs_f64() > le {
        nearest.saturating_sub(Duration::from_nanos(1))
    } else {
        nearest
    }
}

impl fmt::Display for Truth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "delay  {}", self.delay)?;
        if let Some(seed) = self.seed {
            writeln!(f, "seed   {seed}")?;
        }
        writeln!(f, "mean   {:.6} s", self.mean_seconds)?;
        writeln!(f, "max    {:.6} s", self.max_seconds)?;
        writeln!(f)?;
        let (exact, reported) = ("exact", "Prometheus reports");
        writeln!(f, "{:>5}  {exact:>16}  {reported:>18}  {:>9}", "q", "error")?;
        for quantile in &self.quantiles {
            writeln!(f, "{quantile}")?;
        }
        self.warn(f)
    }
}

impl Truth {
    fn warn(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let impossible: Vec<_> = self
            .impossible()
            .map(|quantile| format!("p{}", percent(quantile.q)))
            .collect();
        if impossible.is_empty() {
            return Ok(());
        }
        let (names, longest) = (impossible.join(", "), self.max_seconds);
        writeln!(f)?;
        writeln!(
            f,
            "warning: these buckets report {names} above the longest possible delay of {longest} s"
        )
    }
}

impl fmt::Display for TruthQuantile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (exact, reported, error) = (
            self.seconds,
            self.reported_seconds,
            (1e4 * self.error_ratio).round() / 100.0 + 0.0,
        );
        write!(
            f,
            "{:>5}  {exact:>14.6} s  {reported:>16.6} s  {error:>+7.2} %",
            self.q
        )
    }
}

/// 0.999 as 99.9, without the digits that a multiplication would leave.
fn percent(q: f64) -> String {
    let percent: f64 = format!("{q}e2").parse().unwrap_or(100.0 * q);
    percent.to_string()
}

#[cfg(test)]
mod tests;
