//! A healthy pipeline: good round after round, in every stage; what is reported of it, and how.

use serde_json::json;

use crate::{
    canary::{Canary, Watch},
    parts::{Collector, Jaeger, VictoriaMetrics, absent, free_address, until},
    proxy::{Faults, Proxy},
    world::{job, service, traced, writing},
};

const HOPS: [&str; 12] = [
    "drawn",
    "measured",
    "received",
    "metrics",
    "prometheus",
    "percentile",
    "native",
    "remote",
    "query",
    "traces",
    "exemplars",
    "ledger",
];
const STAGES: [&str; 4] = ["metrics", "prometheus", "remote", "traces"];

/// Asserts that each of these series is there, with this value.
fn all_are(canary: &Canary, series: &[String], value: f64) {
    let page = canary.metrics();
    for one in series {
        let line = format!("httpserver_canary_{one} {value}");
        assert!(page.lines().any(|it| it == line), "no `{line}` in\n{page}");
    }
}

/// Every series of a canary that asks everything, but those of the first round's own facts.
fn series() -> Vec<String> {
    let mut all = Vec::new();
    for hop in HOPS.iter().chain(&["round"]) {
        all.push(format!("hop_ok{{hop=\"{hop}\"}}"));
        for verdict in ["pass", "warn", "fail", "skipped", "unreachable"] {
            all.push(format!(
                "rounds_total{{hop=\"{hop}\",verdict=\"{verdict}\"}}"
            ));
        }
    }
    for stage in STAGES {
        for name in [
            "expected_total",
            "found_total",
            "duplicate_total",
            "late_total",
            "visible_seconds_count",
            "visible_seconds_sum",
        ] {
            all.push(format!("{name}{{stage=\"{stage}\"}}"));
        }
        for le in [
            "0.5", "1", "2", "5", "10", "15", "30", "60", "120", "300", "+Inf",
        ] {
            all.push(format!(
                "visible_seconds_bucket{{stage=\"{stage}\",le=\"{le}\"}}"
            ));
        }
    }
    for outcome in ["answered", "failed", "not_sent"] {
        all.push(format!("requests_total{{outcome=\"{outcome}\"}}"));
    }
    for source in ["classic", "native"] {
        for q in ["0.5", "0.9", "0.95", "0.99"] {
            all.push(format!(
                "quantile_error_ratio{{q=\"{q}\",source=\"{source}\"}}"
            ));
        }
    }
    all.push("last_round_timestamp_seconds".to_owned());
    all
}

#[test]
fn every_hop_is_good_and_every_stage_is_complete() {
    if absent(&["prometheus", "victoria-metrics", "otelcol", "jaeger"]) {
        return;
    }
    let jaeger = Jaeger::start();
    let collector = Collector::to(jaeger.grpc, &json!({}));
    let service = traced(&collector.environment("grpc"));
    let victoria = VictoriaMetrics::start();
    let listen = free_address();
    let own = writing(&[job(service.address), job(listen)], &victoria.url());
    let heartbeat = Proxy::start(&[service.address], Faults::default());
    let flags = [
        "--remote",
        &victoria.url(),
        "--query",
        "p90=histogram_quantile(0.9, sum by (le) (rate(cloudnative_execution_latency_seconds_bucket{step=\"total\"}[20s])))",
        "--listen",
        &listen.to_string(),
        "--heartbeat",
        &format!("http://{}/healthz", heartbeat.address),
    ];
    let watch = Watch::of(service.address).prometheus(&own).jaeger(&jaeger);
    let canary = watch.flags(&flags).start();
    all_are(&canary, &series(), 0.0);
    let round = canary.round(2);
    assert!(round.is_good("round"), "{round}");
    round.assert_good(&HOPS);
    for stage in STAGES {
        let [expected, found, late] = round.stage(stage).unwrap();
        assert!(
            expected >= 10 && (found, late) == (expected, 0),
            "{stage}: {round}"
        );
        let of = |name: &str| canary.value(&format!("{name}{{stage=\"{stage}\"}}"));
        assert!(of("expected_total") >= 20.0, "{stage}");
        let visible = of("visible_seconds_count");
        assert!(visible > 0.0 && of("visible_seconds_sum") > 0.0, "{stage}");
        let query =
            format!("histogram_count(httpserver_canary_visible_seconds{{stage=\"{stage}\"}}) > 0");
        until(&query, || own.value(&query));
    }
    until("a heartbeat", || (heartbeat.passed() >= 2).then_some(()));
    let none = ["fail", "unreachable", "skipped"];
    for hop in HOPS {
        let bad =
            none.map(|it| canary.value(&format!("rounds_total{{hop=\"{hop}\",verdict=\"{it}\"}}")));
        assert_eq!(bad, [0.0; 3], "{hop}: {}", canary.described());
    }
}

#[test]
fn a_round_without_a_sampled_request_has_no_traces_to_judge() {
    if absent(&["jaeger"]) {
        return;
    }
    let jaeger = Jaeger::start();
    let service = traced(&jaeger.environment());
    let watch = Watch::of(service.address).jaeger(&jaeger);
    let canary = watch.flags(&["--sampled-ratio", "0"]).start();
    let round = canary.round(1);
    assert!(round.is_good("round"), "{round}");
    round.expect("traces", &["skipped"], &["no sampled request was answered"]);
}

#[test]
fn its_requests_are_marked_in_the_spans_of_the_service() {
    if absent(&["jaeger"]) {
        return;
    }
    let jaeger = Jaeger::start();
    let service = traced(&jaeger.environment());
    let watch = Watch::of(service.address).jaeger(&jaeger);
    let canary = watch.flags(&["--every", "5m"]).start();
    let round = canary.round(1);
    assert!(round.is_good("traces"), "{round}");
    let traces = jaeger.traces("httpserver");
    assert_eq!(traces.len(), 10, "{traces:#?}");
    for trace in traces {
        let text = trace["spans"].to_string();
        assert!(text.contains("httpserver-canary/"), "{trace:#}");
        assert!(text.contains("user_agent.original"), "{trace:#}");
    }
}

#[test]
fn its_port_shows_the_status_its_metrics_and_its_health() {
    let service = service();
    let canary = Watch::of(service.address).start();
    let health = canary.get("/healthz");
    assert_eq!((health.status, health.body.as_str()), (200, "ok\n"));
    canary.round(1);
    let page = canary.get_with("/status", &[("accept", "text/html")]);
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert!(page.body.starts_with("<!doctype html>"), "{}", page.body);
    for accept in ["application/json", "*/*"] {
        let status = canary.get_with("/status", &[("accept", accept)]);
        assert_eq!(status.header("content-type"), "application/json");
        assert_eq!(status.json()["last"][0]["verdict"], "pass");
    }
    let metrics = canary.metrics();
    assert!(!metrics.contains("cloudnative_"), "{metrics}");
    assert!(
        metrics.contains("service_name=\"httpserver-canary\""),
        "{metrics}"
    );
    let info = format!(
        "info{{target=\"{}/images\",version=\"{}\"}}",
        service.url(),
        env!("CARGO_PKG_VERSION")
    );
    for (series, value) in [
        (info.as_str(), 1.0),
        ("interval_seconds", 6.0),
        ("deadline_seconds", 8.0),
    ] {
        assert_eq!(canary.value(series), value, "{metrics}");
    }
    // Only what the flags ask for has series.
    for word in ["prometheus", "remote", "traces", "query", "quantile_error"] {
        assert!(!metrics.contains(word), "{word}: {metrics}");
    }
    let judged = canary.value("last_round_timestamp_seconds");
    assert!(judged > canary.status()["last"][0]["began"].as_f64().unwrap());
}
