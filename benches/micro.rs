//! The cost of single steps: a draw, a quantile, an observation, a scrape. Run by `make bench`.

use std::{hint::black_box, time::Duration};

use criterion::{Criterion, criterion_group, criterion_main};
use httpserver::{
    buckets::Buckets,
    contract::{Step, TraceContext},
    delay::{Delay, Domain, draw},
    exposition::Format,
    instruments::{DeclaredDelay, DelayInstruments, Instruments, MetricArgs},
    serve::SERVICE,
    telemetry::{Metrics, Telemetry},
};
use opentelemetry::KeyValue;
use prometheus::{
    Encoder, HistogramOpts, HistogramVec, Registry, TextEncoder,
    process_collector::ProcessCollector,
};

const TOOK: Duration = Duration::from_micros(1_234_567);

fn drawing(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("draw");
    let mut id = TraceContext {
        trace_id: 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736,
        parent_id: 0,
    };
    group.bench_function("u of a request", |bencher| {
        bencher.iter(|| {
            id.parent_id += 1;
            draw(black_box(7), Domain::Delay, id)
        });
    });
    for spec in [
        "uniform(0s,2s)",
        "lognormal(p50=200ms,p99=1.5s)",
        "mix(0.95:uniform(0s,1s),0.05:constant(3s))",
    ] {
        let delay: Delay = parsed(spec);
        let mut u: f64 = 0.0;
        group.bench_function(spec, |bencher| {
            bencher.iter(|| {
                u = (u + 0.381_966) % 1.0;
                delay.quantile(black_box(u.max(1e-9)))
            });
        });
    }
    group.finish();
}

/// One observation, three ways. The bounds and the label are the same.
fn observing(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("observe");
    let metrics = metrics();
    let latency = instruments(&metrics).latency;
    group.bench_function("classic and native, not sampled", |bencher| {
        bencher.iter(|| latency.record(Step::Total, black_box(TOOK), None));
    });
    let span = TraceContext {
        trace_id: 1,
        parent_id: 2,
    };
    group.bench_function("classic and native, an exemplar", |bencher| {
        bencher.iter(|| latency.record(Step::Total, black_box(TOOK), black_box(Some(span))));
    });
    let meter = metrics.meter();
    let classic = meter
        .f64_histogram("classic")
        .with_boundaries(Buckets::default().bounds().to_vec());
    let classic = classic.build().bind(&[KeyValue::new("step", "total")]);
    group.bench_function("classic alone", |bencher| {
        bencher.iter(|| classic.record(black_box(TOOK).as_secs_f64()));
    });
    let unbound = metrics
        .meter()
        .f64_histogram("unbound")
        .with_boundaries(Buckets::default().bounds().to_vec())
        .build();
    group.bench_function("unbound", |bencher| {
        bencher.iter(|| {
            let label = [KeyValue::new("step", "total")];
            unbound.record(black_box(TOOK).as_secs_f64(), &label);
        });
    });
    let options = HistogramOpts::new("direct", "Time spent.");
    let options = options.buckets(Buckets::default().bounds().to_vec());
    let direct = or_stop(HistogramVec::new(options, &["step"])).with_label_values(&["total"]);
    group.bench_function("prometheus crate, label resolved", |bencher| {
        bencher.iter(|| direct.observe(black_box(TOOK).as_secs_f64()));
    });
    group.finish();
}

/// A reading of 1,000 series of a histogram, in each format, and by the text encoder of the `prometheus` crate.
fn scraping(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("scrape of 1,000 series");
    let metrics = metrics();
    let recorder = metrics.recorder();
    let bounds = Buckets::default().bounds().to_vec();
    // Each histogram has as many series as bounds, and three more.
    let histograms = 1_000 / (bounds.len() + 3);
    let options = HistogramOpts::new("time_seconds", "Time spent.").buckets(bounds.clone());
    let direct = or_stop(HistogramVec::new(options, &["route"]));
    let durations = recorder.durations("time", "Time spent.", bounds);
    for n in 0..histograms {
        let route = format!("/route/{n}");
        let series = durations.bind(&[KeyValue::new("route", route.clone())]);
        let direct = direct.with_label_values(&[&route]);
        for sample in 1..200 {
            let took = Duration::from_millis(sample * 10);
            let span = TraceContext {
                trace_id: sample.into(),
                parent_id: sample,
            };
            series.record(took, Some(span));
            direct.observe(took.as_secs_f64());
        }
    }
    group.bench_function("reading alone", |bencher| {
        bencher.iter(|| metrics.gather(Format::Protobuf));
    });
    for format in [Format::Text, Format::OpenMetrics, Format::Protobuf] {
        group.bench_function(format!("{format:?}"), |bencher| {
            bencher.iter(|| metrics.expose(format));
        });
    }
    let registry = Registry::new();
    or_stop(registry.register(Box::new(direct)));
    or_stop(registry.register(Box::new(ProcessCollector::for_self())));
    group.bench_function("prometheus crate", |bencher| {
        bencher.iter(|| {
            let mut text = Vec::with_capacity(32 * 1024);
            or_stop(TextEncoder::new().encode(&registry.gather(), &mut text));
            text
        });
    });
    group.finish();
}

fn metrics() -> Metrics {
    or_stop(Telemetry::unexported(SERVICE)).metrics
}

fn instruments(metrics: &Metrics) -> Instruments {
    let declared = DeclaredDelay {
        delay: "uniform(0s,2s)",
        seed: 7,
        quantiles: &[(0.5, Duration::from_secs(1))],
    };
    let (recorder, args) = (metrics.recorder(), MetricArgs::default());
    let _delay = DelayInstruments::new(&recorder.meter, &args.names(), &declared);
    Instruments::new(&recorder, &args)
}

fn parsed<T: std::str::FromStr<Err: std::fmt::Display>>(spec: &str) -> T {
    or_stop(spec.parse())
}

/// The value, or the end of the process with an error message.
fn or_stop<T, E: std::fmt::Display>(result: Result<T, E>) -> T {
    result.unwrap_or_else(|error| {
        eprintln!("error: {error}");
        std::process::exit(1)
    })
}

criterion_group!(benches, drawing, observing, scraping);
criterion_main!(benches);
