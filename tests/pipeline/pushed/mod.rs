//! Metrics that are exported by OTLP: after the end, what was received is what the last scrape said.

mod prometheus;

use std::collections::BTreeMap;

use crate::{
    load,
    parts::{
        self, Collector, Service,
        printed::{self, Point},
        until_or,
    },
};

const LATENCY: &str = "cloudnative_execution_latency";
const ACCEPTED: &str = "cloudnative_requests_accepted";
const DURATION: &str = "http.server.request.duration";
const INTERVAL: &str = "OTEL_METRIC_EXPORT_INTERVAL";
const HISTOGRAMS: &str = "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION";
const TEMPORALITY: &str = "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE";
const EXPLICIT: &str = "explicit_bucket_histogram";
const EXPONENTIAL: &str = "base2_exponential_bucket_histogram";
/// So late that only the end exports.
const NEVER: &str = "600000";

type Environment = Vec<(&'static str, String)>;

/// What these data points say of each series in the end: the last value, or the sum of all.
fn totals(points: &[Point], name: &str) -> BTreeMap<Vec<String>, Point> {
    let mut totals: BTreeMap<Vec<String>, Point> = BTreeMap::new();
    for point in points.iter().filter(|point| point.name == name) {
        let total = totals
            .entry(point.labels.values().cloned().collect())
            .or_default();
        if point.temporality == "Delta" {
            total.number += point.number;
        } else {
            *total = point.clone();
        }
    }
    totals
}

fn set(environment: &mut Environment, pairs: &[(&'static str, &str)]) {
    environment.extend(
        pairs
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned())),
    );
}

/// Handles this many requests, and ends; returns its last scrape.
fn run(environment: &Environment, connections: usize, each: usize) -> String {
    let mut service = Service::start(&["--delay", "uniform(0s,20ms)"], environment);
    load::answered(&load::run(service.address, connections, each));
    // Counted after the answer was written.
    until_or(
        || (service.metric("http_server_active_requests{") == 0.0).then_some(()),
        || service.metrics(),
    );
    let scrape = service.metrics();
    service.process.signal("-TERM");
    let code = service.process.wait().code();
    assert_eq!(code, Some(0), "{}", service.process.said());
    let said = service.process.said();
    assert!(!said.contains("WARN"), "{said}");
    scrape
}

/// The sample of a scrape whose line begins so.
fn sample(scrape: &str, beginning: &str) -> f64 {
    let line = scrape.lines().find(|line| line.starts_with(beginning));
    let value = line.and_then(|line| line.rsplit(' ').next()?.parse().ok());
    value.unwrap_or_else(|| panic!("no `{beginning}` in\n{scrape}"))
}

/// The numbers of the buckets of the latency's total, in their order.
fn buckets(scrape: &str) -> Vec<f64> {
    let beginning = format!("{LATENCY}_seconds_bucket{{step=\"total\"");
    let lines = scrape.lines().filter(|line| line.starts_with(&beginning));
    let cumulative: Vec<f64> = lines
        .map(|line| line.rsplit(' ').next().unwrap().parse().unwrap())
        .collect();
    let below = [0.0].into_iter().chain(cumulative.iter().copied());
    below
        .zip(&cumulative)
        .map(|(below, up_to)| up_to - below)
        .collect()
}

#[test]
fn what_was_received_at_the_end_is_what_the_last_scrape_said_in_every_form() {
    if parts::absent(&["otelcol"]) {
        return;
    }
    for (protocol, histograms, temporality, interval) in [
        ("grpc", EXPLICIT, "cumulative", NEVER),
        ("http/protobuf", EXPONENTIAL, "cumulative", NEVER),
        ("http/protobuf", EXPLICIT, "delta", "20"),
        ("grpc", EXPONENTIAL, "delta", "20"),
        ("grpc", EXPLICIT, "lowmemory", "20"),
    ] {
        let collector = Collector::printing();
        let mut environment = collector.environment(protocol);
        set(
            &mut environment,
            &[
                ("OTEL_METRICS_EXPORTER", "otlp"),
                (HISTOGRAMS, histograms),
                (TEMPORALITY, temporality),
                (INTERVAL, interval),
            ],
        );
        let scrape = run(&environment, 10, 20);
        let count = sample(
            &scrape,
            &format!("{LATENCY}_seconds_count{{step=\"total\"}}"),
        );
        assert_eq!(count, 200.0);
        let said = || format!("{protocol}, {histograms}, {temporality}");
        let of_total = |points: &[Point], name| {
            let totals = totals(points, name);
            let mut total = totals.into_iter().filter(|(labels, _)| {
                labels.is_empty()
                    || labels.contains(&"total".into())
                    || labels.contains(&"200".into())
            });
            total.next().map_or(f64::NAN, |(_, point)| point.number)
        };
        let points = until_or(
            || {
                let points = printed::points(&collector.process.lines());
                (of_total(&points, LATENCY) == count).then_some(points)
            },
            || format!("{}: {}", said(), collector.process.said()),
        );
        let accepted = sample(&scrape, &format!("{ACCEPTED}_total"));
        assert_eq!(of_total(&points, ACCEPTED), accepted, "{}", said());
        assert_eq!(of_total(&points, DURATION), 200.0, "{}", said());
        let latency: Vec<_> = points
            .iter()
            .filter(|point| point.name == LATENCY)
            .collect();
        assert_form(&latency, histograms, temporality, &scrape);
    }
}

/// The data points of the latency are of the kind that was asked for, and their buckets hold what they count.
fn assert_form(latency: &[&Point], histograms: &str, temporality: &str, scrape: &str) {
    let is_delta = temporality != "cumulative";
    for point in latency {
        let kind = if histograms == EXPLICIT {
            "Histogram"
        } else {
            "ExponentialHistogram"
        };
        assert_eq!(point.kind, kind);
        assert_eq!(
            point.temporality,
            if is_delta { "Delta" } else { "Cumulative" }
        );
        assert_eq!(point.buckets.iter().sum::<f64>(), point.number, "{point:?}");
        let is_total = point.labels["step"] == "total";
        if is_total && !is_delta && histograms == EXPLICIT {
            assert_eq!(point.buckets, buckets(scrape), "{point:?}");
        }
    }
    let of_total = latency
        .iter()
        .filter(|point| point.labels["step"] == "total");
    let pushes = of_total.count();
    assert_eq!(pushes > 1, is_delta, "{pushes} of {temporality}");
}

#[test]
fn a_scrape_has_the_same_series_with_a_push_as_without() {
    if parts::absent(&["otelcol"]) {
        return;
    }
    let collector = Collector::printing();
    let mut environment = collector.environment("grpc");
    set(
        &mut environment,
        &[("OTEL_METRICS_EXPORTER", "otlp,prometheus")],
    );
    set(&mut environment, &[(HISTOGRAMS, EXPONENTIAL)]);
    let series = |scrape: &str| {
        let names = scrape.lines().filter_map(|line| line.rsplit_once(' '));
        let names = names.map(|(name, _)| name.to_owned());
        names
            .filter(|name| !name.contains("otel_sdk_") && !name.contains("service_instance_id"))
            .filter(|name| !name.contains("delay_info"))
            .collect::<Vec<_>>()
    };
    let (with, without) = (run(&environment, 1, 1), run(&Environment::new(), 1, 1));
    assert_eq!(series(&with), series(&without));
}

#[test]
fn a_collector_that_was_away_has_the_counts_of_the_last_scrape_in_the_end() {
    if parts::absent(&["otelcol"]) {
        return;
    }
    let mut collector = Collector::printing();
    let mut environment = collector.environment("grpc");
    set(
        &mut environment,
        &[("OTEL_METRICS_EXPORTER", "otlp"), (INTERVAL, "50")],
    );
    set(&mut environment, &[("OTEL_TRACES_EXPORTER", "none")]);
    let mut service = Service::start(&["--delay", "uniform(0s,5ms)"], &environment);
    let (answers, ()) = load::during(service.address, 4, || {
        collector.process.kill();
        service.process.line_with("cannot export metrics");
        collector.restart();
        service.process.line_with("metrics are exported again");
        let exports = || collector.process.said().matches(ACCEPTED).count();
        until_or(|| (exports() > 3).then_some(()), || exports().to_string());
    });
    let answered = load::answered(&answers) as f64;
    service.process.signal("-TERM");
    assert_eq!(service.process.wait().code(), Some(0));
    let count = || {
        let points = printed::points(&collector.process.lines());
        let last = totals(&points, ACCEPTED).into_values().next();
        last.map(|point| point.number)
    };
    until_or(
        || (count() == Some(answered)).then_some(()),
        || format!("{:?} of {answered}", count()),
    );
    assert_ledger(&printed::points(&collector.process.lines()));
}

/// In each export, too, no more requests are completed or cancelled than were accepted.
fn assert_ledger(points: &[Point]) {
    let mut ended = BTreeMap::new();
    let mut exports = 0;
    for point in points {
        match point.name.as_str() {
            LATENCY if point.labels["step"] != "delay" => {
                ended.insert(&point.labels["step"], point.number);
            }
            ACCEPTED => {
                exports += 1;
                let ended: f64 = ended.values().sum();
                assert!(point.number >= ended, "{} and {ended}", point.number);
            }
            _ => {}
        }
    }
    assert!(exports > 1);
}
