//! The declared delay as metrics: what was declared, how often a request overrode it, and the clock's own error.

use std::{sync::Arc, time::Duration};

use opentelemetry::{
    KeyValue,
    metrics::{BoundCounter, BoundHistogram, Meter},
};

use super::from_zero::from_zero;
use crate::contract::{
    Metric, Names,
    names::{BUILD_INFO, label},
};

/// 10 us to 100 ms: from better than a kernel timer to worse than a busy laptop.
const ERROR_BOUNDS: [f64; 13] = [
    0.000_01, 0.000_02, 0.000_05, 0.000_1, 0.000_2, 0.000_5, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05,
    0.1,
];

/// What a service declares, in gauges that never change while the process runs.
#[derive(Clone, Debug)]
pub struct DeclaredDelay<'a> {
    /// The delay spec.
    pub delay: &'a str,
    /// The seed of every draw.
    pub seed: u64,
    /// Exact quantiles of the declared delay: probability and value.
    pub quantiles: &'a [(f64, Duration)],
}

/// Instruments of the delay itself. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct DelayInstruments(Arc<Bound>);

#[derive(Debug)]
struct Bound {
    error: BoundHistogram<f64>,
    overrides: BoundCounter<u64>,
}

impl DelayInstruments {
    /// Builds the instruments, and records what is declared.
    #[must_use]
    pub fn new(meter: &Meter, names: &Names, declared: &DeclaredDelay<'_>) -> Self {
        let error = meter
            .f64_histogram(names.instrument(Metric::DelayError))
            .with_unit("s")
            .with_description(
                "Measured wait minus drawn delay: how late the service's own clock woke.",
            )
            .with_boundaries(ERROR_BOUNDS.to_vec())
            .build();
        let overrides = meter
            .u64_counter(names.instrument(Metric::DelayOverrides))
            .with_description(
                "Timed requests answered with a delay or a status other than the declared one.",
            )
            .build();
        declared.record_once(meter, names);
        Self(Arc::new(Bound {
            // Without labels only a measurement makes a series, and a histogram has no harmless one: `delay_error`
            // appears with the first request.
            error: error.bind(&[]),
            overrides: from_zero(&overrides),
        }))
    }

    /// Records how late the clock woke: the measured wait minus the drawn delay.
    pub fn record_error(&self, late: Duration) {
        self.0.error.record(late.as_secs_f64());
    }

    /// Counts a timed request whose answer is not the declared one.
    pub fn count_override(&self) {
        self.0.overrides.add(1);
    }
}

impl DeclaredDelay<'_> {
    fn record_once(&self, meter: &Meter, names: &Names) {
        let quantile = meter
            .f64_gauge(names.instrument(Metric::TruthQuantile))
            .with_unit("s")
            .with_description("Exact quantiles of the declared delay.")
            .build();
        for (q, value) in self.quantiles {
            let labels = [KeyValue::new(label::QUANTILE, q.to_string())];
            quantile.record(value.as_secs_f64(), &labels);
        }
        let delay_labels = [
            KeyValue::new(label::DELAY, self.delay.to_owned()),
            KeyValue::new(label::SEED, self.seed.to_string()),
        ];
        meter
            .u64_gauge(names.instrument(Metric::DelayInfo))
            .with_description("The declared delay and the seed of its draws; always 1.")
            .build()
            .record(1, &delay_labels);
        meter
            .u64_gauge(BUILD_INFO)
            .with_description("What was built; always 1.")
            .build()
            .record(
                1,
                &[KeyValue::new(label::VERSION, env!("CARGO_PKG_VERSION"))],
            );
    }
}
