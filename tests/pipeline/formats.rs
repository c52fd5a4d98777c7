//! The three formats of a scrape, read by parsers that are not ours: Prometheus, and the strict one of `prometheus_client`.

use std::{
    collections::BTreeMap,
    io::Write,
    process::{Command, Stdio},
};

use httpserver::buckets::Buckets;
use serde_json::{Value, json};

use crate::{
    load::{self, timing, trace_id},
    parts::{self, Answer, Prometheus, Service, until_or},
};

const LATENCY: &str = "cloudnative_execution_latency_seconds";
const REQUESTS: usize = 4_000;
const OPEN_METRICS: &str = "application/openmetrics-text;version=1.0.0";

/// Spans are recorded and sampled; where they go does not matter here.
const SAMPLED: [(&str, &str); 1] = [("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")];

/// A Prometheus with one job for each format.
fn prometheus(service: &Service) -> Prometheus {
    let job = |name: &str, protocol: &str, native: bool| {
        json!({
            "job_name": name, "scrape_interval": "250ms", "scrape_timeout": "250ms",
            "scrape_protocols": [protocol], "scrape_native_histograms": native,
            "always_scrape_classic_histograms": true,
            "static_configs": [{"targets": [service.address.to_string()]}],
        })
    };
    let config = json!({ "scrape_configs": [
        job("text", "PrometheusText0.0.4", false),
        job("openmetrics", "OpenMetricsText1.0.0", false),
        job("protobuf", "PrometheusProto", true),
    ]});
    Prometheus::start_with(&config.to_string(), &["--enable-feature=exemplar-storage"])
}

fn loaded(delay: &str) -> (Service, Vec<Answer>) {
    let service = Service::start(&["--delay", delay], &SAMPLED);
    let answers = load::run(service.address, 80, REQUESTS / 80);
    assert_eq!(load::answered(&answers), REQUESTS as u64);
    (service, answers)
}

/// The measured totals in seconds, ascending.
fn totals(answers: &[Answer]) -> Vec<f64> {
    let seconds = |answer| timing(answer).total.unwrap().as_secs_f64();
    let mut totals: Vec<_> = answers.iter().map(seconds).collect();
    totals.sort_by(f64::total_cmp);
    totals
}

#[test]
fn prometheus_reads_the_same_counts_in_each_format() {
    if parts::absent(&["prometheus"]) {
        return;
    }
    let (service, answers) = loaded("uniform(0s,100ms)");
    let prometheus = prometheus(&service);
    let expected: Vec<_> = ["openmetrics", "protobuf", "text"]
        .map(|job| (job.to_owned(), REQUESTS as f64))
        .into();
    let by_job = |promql: &str| {
        let mut found = prometheus.values_by("job", promql);
        found.sort_by(|one, other| one.0.cmp(&other.0));
        found
    };
    let count = format!("{LATENCY}_count{{step=\"total\"}}");
    until_or(
        || (by_job(&count) == expected).then_some(()),
        || format!("{:?}", by_job(&count)),
    );
    assert_eq!(
        by_job(&format!("{LATENCY}_bucket{{step=\"total\",le=\"+Inf\"}}")),
        expected
    );
    let below = |bound: f64| {
        totals(&answers)
            .iter()
            .filter(|total| **total <= bound)
            .count()
    };
    for bound in [0.001, 0.064, 1.024] {
        let found = by_job(&format!(
            "{LATENCY}_bucket{{step=\"total\",le=\"{bound}\"}}"
        ));
        assert!(
            found.len() == 3 && found.iter().all(|(_, count)| *count == below(bound) as f64),
            "le={bound}: {found:?}"
        );
    }
    // All series of the text are in the two others, with the same labels.
    let names = |job: &str| {
        let all = prometheus.query(&format!("{{job=\"{job}\"}}"));
        let series = all.as_array().unwrap().iter().filter_map(|sample| {
            let mut labels = sample["metric"].as_object()?.clone();
            labels.remove("job");
            let is_scraped = labels.contains_key("__name__") && sample.get("value").is_some();
            is_scraped.then(|| Value::from(labels).to_string())
        });
        series.collect::<Vec<_>>()
    };
    let (text, openmetrics, protobuf) = (names("text"), names("openmetrics"), names("protobuf"));
    assert!(text.len() > 80, "{text:?}");
    for series in &text {
        assert!(openmetrics.contains(series), "not in OpenMetrics: {series}");
        assert!(protobuf.contains(series), "not in protobuf: {series}");
    }
}

#[test]
fn a_native_histogram_reports_percentiles_within_one_percent() {
    if parts::absent(&["prometheus"]) {
        return;
    }
    for delay in [
        "uniform(0s,125ms)", // ends with a bucket, as that of 2 s does
        "lognormal(p50=20ms,p99=28ms)",
        "mix(0.5:constant(30ms),0.5:uniform(20ms,60ms))",
    ] {
        let (service, answers) = loaded(delay);
        let prometheus = prometheus(&service);
        let native = format!("{LATENCY}{{step=\"total\",job=\"protobuf\"}}");
        let count = || prometheus.value(&format!("histogram_count({native})"));
        until_or(
            || (count() == Some(REQUESTS as f64)).then_some(()),
            || format!("{:?}", count()),
        );
        let totals = totals(&answers);
        for (q, rank) in [(0.5, 2_000), (0.9, 3_600), (0.99, 3_960)] {
            let reported = prometheus
                .value(&format!("histogram_quantile({q}, {native})"))
                .unwrap();
            let expected = totals[rank - 1];
            let off = reported / expected - 1.0;
            assert!(
                off.abs() < 0.01,
                "{delay}, q={q}: {reported}, not {expected}"
            );
        }
        let sum = prometheus
            .value(&format!("histogram_sum({native})"))
            .unwrap();
        assert!((sum / totals.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        let http = "histogram_count(http_server_request_duration_seconds{http_route=\"/images\",job=\"protobuf\"})";
        assert_eq!(prometheus.value(http), Some(REQUESTS as f64));
    }
}

#[test]
fn each_exemplar_is_a_request_in_its_bucket() {
    if parts::absent(&["prometheus"]) {
        return;
    }
    let (service, answers) = loaded("uniform(0s,100ms)");
    let prometheus = prometheus(&service);
    let buckets = Buckets::default();
    let bounds = buckets.bounds();
    let by_trace: BTreeMap<_, _> = answers
        .iter()
        .map(|answer| (trace_id(answer), answer))
        .collect();
    for (series, job) in [
        (
            format!("{LATENCY}_bucket{{step=\"total\",job=\"openmetrics\"}}"),
            "openmetrics",
        ),
        (
            format!("{LATENCY}_bucket{{step=\"total\",job=\"protobuf\"}}"),
            "protobuf",
        ),
        (
            format!("{LATENCY}{{step=\"total\",job=\"protobuf\"}}"),
            "native",
        ),
    ] {
        let path = format!(
            "/api/v1/query_exemplars?query={}&start=0&end=9999999999",
            parts::escaped(&series)
        );
        let found = until_or(
            || {
                let found = prometheus.api(&path);
                let all: Vec<_> = found
                    .as_array()
                    .unwrap()
                    .iter()
                    .flat_map(|series| {
                        let labels = &series["seriesLabels"];
                        series["exemplars"]
                            .as_array()
                            .unwrap()
                            .iter()
                            .map(|exemplar| {
                                (labels["le"].as_str().map(str::to_owned), exemplar.clone())
                            })
                    })
                    .collect();
                (all.len() >= 5).then_some(all)
            },
            || format!("{job}: {}", prometheus.api(&path)),
        );
        for (bound, exemplar) in found {
            let labels = &exemplar["labels"];
            let answer = by_trace[labels["trace_id"].as_str().unwrap()];
            let span = answer.header("traceresponse").split('-').nth(2);
            assert_eq!(labels["span_id"].as_str(), span, "{exemplar}");
            let value: f64 = exemplar["value"].as_str().unwrap().parse().unwrap();
            assert_eq!(
                value,
                timing(answer).total.unwrap().as_secs_f64(),
                "{exemplar}"
            );
            if let Some(bound) = bound {
                let bound: f64 = bound.parse().unwrap();
                let below = bounds.iter().rfind(|below| **below < bound);
                let is_within = value <= bound && below.is_none_or(|below| value > *below);
                assert!(is_within, "le={bound}: {exemplar}");
            }
        }
    }
}

#[test]
fn a_strict_parser_reads_openmetrics() {
    if parts::absent_module("prometheus_client") {
        return;
    }
    let (service, answers) = loaded("uniform(0s,100ms)");
    for path in ["/images?status=503", "/nowhere", "/?user=x"] {
        service.get(path);
    }
    let exposition = service.get_with("/metrics", &[("accept", OPEN_METRICS)]);
    assert_eq!(
        exposition.header("content-type"),
        "application/openmetrics-text; version=1.0.0; charset=utf-8"
    );
    let families = parse(&exposition.body);
    let latency = &families[LATENCY];
    assert_eq!(
        (&latency["type"], &latency["unit"]),
        (&json!("histogram"), &json!("seconds"))
    );
    let total: Vec<_> = latency["samples"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|sample| sample[1]["step"] == "total")
        .collect();
    let count = total
        .iter()
        .find(|sample| sample[0] == format!("{LATENCY}_count"));
    assert_eq!(count.unwrap()[2], json!(REQUESTS + 1));
    assert!(
        total
            .iter()
            .any(|sample| sample[0] == format!("{LATENCY}_created"))
    );
    let exemplars = total.iter().filter(|sample| !sample[3].is_null());
    assert!(exemplars.count() >= 5, "{total:?}");
    assert_eq!(
        families["cloudnative_requests_accepted"]["type"],
        json!("counter")
    );
    assert_eq!(families["process_cpu_seconds"]["unit"], json!("seconds"));
    drop(answers);
}

fn parse(exposition: &str) -> Value {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/parts/openmetrics.py");
    let mut python = Command::new("python3")
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    python
        .stdin
        .take()
        .unwrap()
        .write_all(exposition.as_bytes())
        .unwrap();
    let output = python.wait_with_output().unwrap();
    assert!(
        output.status.success(),
        "{}\n{exposition}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}
