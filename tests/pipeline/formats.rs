//! The three formats of a scrape, as a real Prometheus reads them.

use std::collections::BTreeMap;

use httpserver::buckets::{Buckets, NativeHistogram, Schema};
use serde_json::{Value, json};

use crate::{
    load::{self, timing, trace_id},
    parts::{self, Answer, Prometheus, Service, latest, until_or},
};

pub(crate) const LATENCY: &str = "cloudnative_execution_latency_seconds";
pub(crate) const REQUESTS: usize = 4_000;

/// Spans are recorded and sampled; where they go does not matter here.
const SAMPLED: [(&str, &str); 1] = [("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")];

/// A Prometheus with one job for each format.
fn prometheus(service: &Service) -> Prometheus {
    let job = |name: &str, protocol: &str, native: bool| {
        json!({
            "job_name": name, "scrape_interval": "1s", "scrape_timeout": "1s",
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

/// A service that has answered [`REQUESTS`] with this delay, and the answers.
pub(crate) fn loaded(delay: &str) -> (Service, Vec<Answer>) {
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
        by_job(&latest(&format!(
            "{LATENCY}_bucket{{step=\"total\",le=\"+Inf\"}}"
        ))),
        expected
    );
    let below = |bound: f64| {
        totals(&answers)
            .iter()
            .filter(|total| **total <= bound)
            .count()
    };
    for bound in [0.001, 0.064, 1.024] {
        let bucket = format!("{LATENCY}_bucket{{step=\"total\",le=\"{bound}\"}}");
        let found = by_job(&latest(&bucket));
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
    let missing = || {
        let text = names("text");
        assert!(text.len() > 80, "{text:?}");
        ["openmetrics", "protobuf"].map(|job| {
            let found = names(job);
            let missing = text.iter().filter(|series| !found.contains(series));
            missing.cloned().collect::<Vec<_>>()
        })
    };
    // The jobs scrape one after another: a series that is new is missing until the next scrape of each.
    until_or(
        || missing().iter().all(Vec::is_empty).then_some(()),
        || format!("in the text only: {:#?}", missing()),
    );
}

/// The native histogram of these values, which ascend.
fn native_of(values: &[f64]) -> NativeHistogram {
    let schema = Schema::fitting(values[0], values[values.len() - 1]);
    let mut histogram = NativeHistogram::empty(schema);
    for value in values {
        let index = schema.index(*value).unwrap();
        *histogram.buckets.entry(index).or_default() += 1.0;
    }
    histogram
}

#[test]
fn prometheus_reports_the_native_quantiles_of_the_measured_totals() {
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
        let native = latest(&format!("{LATENCY}{{step=\"total\",job=\"protobuf\"}}"));
        let count = || prometheus.value(&format!("histogram_count({native})"));
        until_or(
            || (count() == Some(REQUESTS as f64)).then_some(()),
            || format!("{:?}", count()),
        );
        let totals = totals(&answers);
        let expected = native_of(&totals);
        for (q, rank) in [(0.5, 2_000), (0.9, 3_600), (0.99, 3_960)] {
            let query = format!("histogram_quantile({q}, {native})");
            let reported = prometheus.value(&query).unwrap();
            let (formula, exact) = (expected.quantile(q), totals[rank - 1]);
            let said = format!("{delay}, q={q}: {reported}; {formula} in the bucket of {exact}");
            assert!((reported / formula - 1.0).abs() < 1e-9, "{said}");
            let worst = expected.schema.max_error_ratio();
            assert!((reported / exact - 1.0).abs() < worst, "{said}");
        }
        let sum = prometheus
            .value(&format!("histogram_sum({native})"))
            .unwrap();
        assert!((sum / totals.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        let http = r#"http_server_request_duration_seconds{http_route="/images",job="protobuf"}"#;
        let http = format!("histogram_count({})", latest(http));
        assert_eq!(prometheus.value(&http), Some(REQUESTS as f64));
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
