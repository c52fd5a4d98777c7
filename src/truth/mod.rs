//! Exact statistics of a delay, and the quantiles that Prometheus will estimate for given buckets. Pure.

use std::{fmt, time::Duration};

use crate::{
    buckets::{self, Buckets},
    contract::TruthBucket,
    delay::Delay,
};

pub use crate::contract::{Truth, TruthQuantile};

/// The quantiles that dashboards ask for.
const QUANTILES: [f64; 6] = [0.5, 0.75, 0.9, 0.95, 0.99, 0.999];

impl Truth {
    /// Computes the statistics of `delay`, and what Prometheus estimates from `buckets`.
    #[must_use]
    pub fn of(delay: &Delay, seed: Option<u64>, buckets: &Buckets) -> Self {
        let bounds = buckets.bounds();
        let cumulative = cumulative(delay, bounds);
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

    /// The quantiles that Prometheus will report above the longest possible delay.
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

/// The probability of a delay of at most each of `bounds` (seconds), and 1 for +Inf.
#[must_use]
pub fn cumulative(delay: &Delay, bounds: &[f64]) -> Vec<f64> {
    let within = bounds.iter().map(|&le| delay.cdf(longest_within(le)));
    within.chain([1.0]).collect()
}

/// The longest delay in whole nanoseconds that a bucket with this bound counts; a bucket compares seconds.
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

/// 0.999 as 99.9, without the rounding error of a multiplication.
fn percent(q: f64) -> String {
    let percent: f64 = format!("{q}e2").parse().unwrap_or(100.0 * q);
    percent.to_string()
}

#[cfg(test)]
mod tests;
