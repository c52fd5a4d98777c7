//! The cost of single steps: a draw, a quantile, an observation, a scrape. Run by `make bench`.

use std::{hint::black_box, time::Duration};

use criterion::{Criterion, criterion_group, criterion_main};
use httpserver::{
    buckets::Buckets,
    contract::{Step, TraceContext},
    delay::{Delay, Domain, draw},
    instruments::{DeclaredDelay, DelayInstruments, HttpRequest, Instruments, MetricArgs, Outcome},
    serve::SERVICE,
    telemetry::{Metrics, Telemetry},
};
use opentelemetry::KeyValue;
use prometheus::{Encoder, HistogramOpts, HistogramVec, TextEncoder};

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
    group.bench_function("bound, as in the service", |bencher| {
        bencher.iter(|| latency.record(Step::Total, black_box(TOOK)));
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

/// The registry of a service after requests with three outcomes.
fn scraping(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("scrape");
    let metrics = metrics();
    let instruments = instruments(&metrics);
    let request = HttpRequest {
        method: "GET",
        route: Some("/images"),
    };
    for outcome in [
        Outcome::Status(200),
        Outcome::Status(503),
        Outcome::Cancelled,
    ] {
        instruments.http.enter(request.method);
        instruments.http.leave(request, outcome, false, TOOK);
        instruments.latency.record(Step::Total, TOOK);
    }
    group.bench_function("gather", |bencher| bencher.iter(|| metrics.gather()));
    let families = metrics.gather();
    group.bench_function("encode", |bencher| {
        bencher.iter(|| {
            let mut text = Vec::with_capacity(32 * 1024);
            or_stop(TextEncoder::new().encode(black_box(&families), &mut text));
            text
        });
    });
    group.bench_function("gather and encode", |bencher| {
        bencher.iter(|| metrics.text());
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
    let (meter, args) = (metrics.meter(), MetricArgs::default());
    let _delay = DelayInstruments::new(&meter, &args.names(), &declared);
    Instruments::new(&meter, &args)
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
