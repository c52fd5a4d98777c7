//! Views that aggregate one observation twice: in the classic buckets of its instrument, and in exponential ones.

use opentelemetry_sdk::metrics::{Aggregation, Instrument, MeterProviderBuilder, Stream};

use crate::instruments::Readings;

/// Most exponential buckets of a series, as the OpenTelemetry SDKs have them.
const MAX_BUCKETS: u32 = 160;
/// The finest resolution that Prometheus has: bounds that differ by 0.27 %.
const MAX_SCALE: i8 = 8;

/// Adds the views for the histograms that are read as a whole: only those have the same observations in both streams.
pub fn add(builder: MeterProviderBuilder, readings: &Readings) -> MeterProviderBuilder {
    let (one, other) = (readings.clone(), readings.clone());
    builder
        .with_view(move |instrument: &Instrument| {
            let stream = one.has(instrument.name()).then(Stream::builder)?;
            stream.build().ok()
        })
        .with_view(move |instrument: &Instrument| {
            let stream = other.has(instrument.name()).then(Stream::builder)?;
            let exponential = Aggregation::Base2ExponentialHistogram {
                max_size: MAX_BUCKETS,
                max_scale: MAX_SCALE,
                record_min_max: false,
            };
            // The SDK takes streams with equal descriptions for the same one.
            let stream = stream.with_description("exponential");
            stream.with_aggregation(exponential).build().ok()
        })
}
