//! Gauges that never change while a process runs: the declared truth, and what was built.

use std::time::Duration;

use opentelemetry::{KeyValue, metrics::Meter};

use super::MetricArgs;

/// What a service says about itself in gauges.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    /// The delay spec.
    pub delay: &'a str,
    /// The seed of every draw.
    pub seed: u64,
    /// Exact quantiles of the declared delay: probability and value.
    pub quantiles: &'a [(f64, Duration)],
}

impl Facts<'_> {
    pub(super) fn state(&self, meter: &Meter, args: &MetricArgs) {
        let quantile = meter
            .f64_gauge(args.name("truth_quantile"))
            .with_unit("s")
            .with_description("Exact quantiles of the declared delay.")
            .build();
        for (q, value) in self.quantiles {
            quantile.record(value.as_secs_f64(), &[KeyValue::new("q", q.to_string())]);
        }
        meter
            .u64_gauge(args.name("delay_info"))
            .with_description("The declared delay and the seed of its draws; always 1.")
            .build()
            .record(
                1,
                &[
                    KeyValue::new("delay", self.delay.to_owned()),
                    KeyValue::new("seed", self.seed.to_string()),
                ],
            );
        meter
            .u64_gauge("httpserver_build_info")
            .with_description("What was built; always 1.")
            .build()
            .record(1, &[KeyValue::new("version", env!("CARGO_PKG_VERSION"))]);
    }
}
