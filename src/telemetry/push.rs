//! Metrics that are exported at an interval, beside the scrape: a provider of its own, since its views and its temporality
//! are others than those of the scrape.

use std::sync::Arc;

use opentelemetry::metrics::Meter;
use opentelemetry_sdk::{
    Resource,
    metrics::{Aggregation, Instrument, InstrumentKind, PeriodicReader, SdkMeterProvider, Stream},
};

use super::{
    counting_exporter::CountingExporter,
    delivery::{Delivery, METRICS},
    environment::MetricExport,
    error::TelemetryError,
    exporter,
};

/// The default size of exponential histograms, in buckets: that of the specification.
const MAX_SIZE: u32 = 160;

/// The default scale that an exponential histogram begins with.
const MAX_SCALE: i8 = 20;

/// A provider whose metrics are exported. `meter` is that of the scrape: what is exported cannot count its own export.
pub fn provider(
    export: &MetricExport,
    resource: Resource,
    meter: &Meter,
) -> Result<SdkMeterProvider, TelemetryError> {
    let MetricExport { otlp, pushes } = export;
    let (inner, last_error) = exporter::metrics(otlp, pushes.temporality)?;
    let exporter = CountingExporter {
        inner,
        delivery: Delivery::new(&METRICS, otlp, last_error, meter, Arc::default()),
    };
    let reader = PeriodicReader::builder(exporter).with_interval(pushes.interval);
    let builder = SdkMeterProvider::builder()
        .with_resource(resource)
        .with_reader(reader.build());
    Ok(if pushes.exponential {
        builder.with_view(exponential).build()
    } else {
        builder.build()
    })
}

fn exponential(instrument: &Instrument) -> Option<Stream> {
    if instrument.kind() != InstrumentKind::Histogram {
        return None;
    }
    let aggregation = Aggregation::Base2ExponentialHistogram {
        max_size: MAX_SIZE,
        max_scale: MAX_SCALE,
        record_min_max: true,
    };
    Stream::builder().with_aggregation(aggregation).build().ok()
}
