//! The statistics of a delay as a table.

use std::fmt;

use crate::contract::{Truth, TruthQuantile};

impl fmt::Display for Truth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "delay  {}", self.delay)?;
        if let Some(seed) = self.seed {
            writeln!(f, "seed   {seed}")?;
        }
        writeln!(f, "mean   {:.6} s", self.mean_seconds)?;
        writeln!(f, "max    {:.6} s", self.max_seconds)?;
        writeln!(f)?;
        let (exact, reported, error) = ("exact", "Prometheus reports", "error");
        writeln!(
            f,
            "{:>5}  {exact:>16}  {reported:>18}  {error:>9}  {:>14}  {error:>9}",
            "q", "native"
        )?;
        for quantile in &self.quantiles {
            writeln!(f, "{quantile}")?;
        }
        writeln!(f)?;
        writeln!(
            f,
            "native: schema {} after {} requests, worst case {:.2} %",
            self.native.schema,
            self.native.requests,
            100.0 * self.native.max_error_ratio
        )?;
        self.warn(f)
    }
}

impl Truth {
    fn warn(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let longest = self.max_seconds;
        let impossible = self.names(|quantile| quantile.reported_seconds > longest);
        if !impossible.is_empty() {
            writeln!(f)?;
            writeln!(
                f,
                "warning: these buckets report {impossible} above the longest possible delay of {longest} s"
            )?;
        }
        let worst = self.native.max_error_ratio;
        let between = self.names(|quantile| quantile.native_error_ratio > worst);
        if !between.is_empty() {
            writeln!(f)?;
            writeln!(
                f,
                "warning: {between}: exactly between two delays; native reports the longer one"
            )?;
        }
        Ok(())
    }

    fn names(&self, is_named: impl Fn(&TruthQuantile) -> bool) -> String {
        let quantiles = self.quantiles.iter();
        let names: Vec<_> = quantiles
            .filter(|quantile| is_named(quantile))
            .map(|quantile| format!("p{}", percent(quantile.q)))
            .collect();
        names.join(", ")
    }
}

impl fmt::Display for TruthQuantile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rounded = |ratio: f64| (1e4 * ratio).round() / 100.0 + 0.0;
        write!(
            f,
            "{:>5}  {:>14.6} s  {:>16.6} s  {:>+7.2} %  {:>12.6} s  {:>+7.2} %",
            self.q,
            self.seconds,
            self.reported_seconds,
            rounded(self.error_ratio),
            self.native_seconds,
            rounded(self.native_error_ratio)
        )
    }
}

/// 0.999 as 99.9, without the rounding error of a multiplication.
fn percent(q: f64) -> String {
    let percent: f64 = format!("{q}e2").parse().unwrap_or(100.0 * q);
    percent.to_string()
}
