//! Every kind of instrument records the same into both providers.

use std::time::Duration;

use opentelemetry_sdk::metrics::{SdkMeterProvider, data::ResourceMetrics, reader::MetricReader};

use super::*;
use crate::{
    exposition::{Family, Format},
    instruments::BySeries,
    telemetry::{families::families, reader::ScrapeReader},
};

fn provider() -> (SdkMeterProvider, ScrapeReader) {
    let reader = ScrapeReader::default();
    let builder = SdkMeterProvider::builder().with_reader(reader.clone());
    (builder.build(), reader)
}

fn text(reader: &ScrapeReader) -> String {
    let mut metrics = ResourceMetrics::default();
    reader.collect(&mut metrics).unwrap();
    let families: Vec<Family> = families(&metrics, BySeries::new()).into_values().collect();
    String::from_utf8(Format::Text.write(&families)).unwrap()
}

/// One instrument of each kind, some bound, and what each has recorded.
fn record(meter: &Meter) {
    let labels = [KeyValue::new("k", "v")];
    let described = meter
        .u64_counter("counted")
        .with_unit("By")
        .with_description("Help.");
    let counter = described.build();
    counter.add(1, &labels);
    counter.bind(&labels).add(2);
    meter.f64_counter("f_counted").build().add(0.5, &[]);
    let up_down = meter.i64_up_down_counter("up_down").build();
    up_down.add(5, &labels);
    up_down.bind(&labels).add(-2);
    meter
        .f64_up_down_counter("f_up_down")
        .build()
        .add(-0.5, &[]);
    meter.u64_gauge("gauge").build().record(7, &labels);
    meter.i64_gauge("i_gauge").build().bind(&labels).record(-7);
    meter.f64_gauge("f_gauge").build().record(0.25, &[]);
    let histogram = meter
        .f64_histogram("seconds")
        .with_boundaries(vec![1.0, 2.0]);
    let histogram = histogram.build();
    let bound = histogram.bind(&labels);
    histogram.record(1.5, &labels);
    bound.record(Duration::from_secs(3).as_secs_f64());
    meter.u64_histogram("sizes").build().record(9, &[]);
    let observed = |value: u64| {
        move |observer: &dyn opentelemetry::metrics::AsyncInstrument<u64>| {
            observer.observe(value, &[]);
        }
    };
    meter
        .u64_observable_counter("o_counted")
        .with_callback(observed(3))
        .build();
    meter
        .u64_observable_gauge("o_gauge")
        .with_callback(observed(4))
        .build();
    meter
        .i64_observable_up_down_counter("o_up_down")
        .with_callback(|o| o.observe(-1, &[]))
        .build();
    meter
        .f64_observable_gauge("o_f_gauge")
        .with_callback(|o| o.observe(0.125, &[]))
        .build();
}

#[test]
fn each_instrument_records_the_same_into_both_as_it_does_alone() {
    let ((alone, expected), (first, scraped), (second, pushed)) =
        (provider(), provider(), provider());
    record(&alone.meter("scope"));
    let both = Both(first, second);
    record(&both.meter("scope"));
    let expected = text(&expected);
    assert_eq!(text(&scraped), expected);
    assert_eq!(text(&pushed), expected);
    for sample in [
        "counted_bytes_total{k=\"v\"} 3",
        "seconds_bucket{k=\"v\",le=\"2\"} 1",
        "seconds_count{k=\"v\"} 2",
        "o_gauge 4",
    ] {
        assert!(expected.contains(sample), "{sample} in\n{expected}");
    }
}
