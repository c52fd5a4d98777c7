//! Exact statistics of a delay, and the quantiles that Prometheus will estimate for given buckets, and from a native
//! histogram. Pure.

mod cumulative;
pub mod native;
mod text;

use crate::{
    buckets::{self, Buckets},
    contract::{TruthBucket, TruthNative},
    delay::Delay,
};

pub use crate::contract::{Truth, TruthQuantile};
pub use cumulative::cumulative;

/// The quantiles that dashboards ask for.
const QUANTILES: [f64; 6] = [0.5, 0.75, 0.9, 0.95, 0.99, 0.999];

impl Truth {
    /// Computes the statistics of `delay`, and what Prometheus estimates from `buckets` and from a native histogram.
    #[must_use]
    pub fn of(delay: &Delay, seed: Option<u64>, buckets: &Buckets) -> Self {
        let bounds = buckets.bounds();
        let cumulative = cumulative(delay, bounds);
        let schema = native::schema(delay);
        let quantile = |q| {
            let reported = buckets::quantile(q, bounds, &cumulative);
            TruthQuantile::new(q, delay, reported, native::quantile(q, delay, schema))
        };
        let bucket = |(&le, &probability)| TruthBucket { le, probability };
        Self {
            delay: delay.to_string(),
            seed,
            mean_seconds: delay.mean().as_secs_f64(),
            max_seconds: delay.max().as_secs_f64(),
            quantiles: QUANTILES.map(quantile).to_vec(),
            native: TruthNative {
                schema: schema.number(),
                requests: native::REQUESTS,
                max_error_ratio: schema.max_error_ratio(),
            },
            buckets: bounds.iter().zip(&cumulative).map(bucket).collect(),
        }
    }
}

impl TruthQuantile {
    fn new(q: f64, delay: &Delay, reported_seconds: f64, native_seconds: f64) -> Self {
        let seconds = delay.quantile(q).as_secs_f64();
        let error_ratio = |estimate: f64| {
            if estimate.total_cmp(&seconds).is_eq() {
                0.0
            } else {
                estimate / seconds - 1.0
            }
        };
        Self {
            q,
            seconds,
            reported_seconds,
            error_ratio: error_ratio(reported_seconds),
            native_seconds,
            native_error_ratio: error_ratio(native_seconds),
        }
    }
}

#[cfg(test)]
mod native_tests;
#[cfg(test)]
mod tests;
