//! Losses that are real: judged as a failure of their own hop.

use serde_json::json;

use crate::{
    canary::Watch,
    parts::{Collector, Jaeger, Prometheus, absent},
    proxy::{Faults, Proxy},
    world::{OWN, half_of_the_traces, job, service, traced},
};

#[test]
fn requests_without_an_answer_are_noticed() {
    let service = service();
    let faults = Faults {
        drops: true,
        ..Faults::default()
    };
    let front = Proxy::start(&[service.address], faults);
    let metrics = format!("{}/metrics", service.url());
    let watch = Watch::of(front.address).flags(&["--metrics", &metrics]);
    let canary = watch.flags(&["--rate", "20"]).start();
    let round = canary.round(1);
    let words = " of 20 requests were not answered (";
    round.expect("received", &["unreachable"], &[words]);
    round.assert_good(&["drawn", "measured", "metrics"]);
    assert_eq!(round.verdict(), "unreachable", "{round}");
    assert!(canary.value("requests_total{outcome=\"failed\"}") > 0.0);
}

#[test]
fn spans_that_a_collector_drops_are_lost() {
    if absent(&["otelcol", "jaeger"]) {
        return;
    }
    let jaeger = Jaeger::start();
    let collector = Collector::to(jaeger.grpc, &half_of_the_traces());
    let service = traced(&collector.environment("grpc"));
    let watch = Watch::of(service.address).jaeger(&jaeger);
    let canary = watch.flags(&["--rate", "20"]).start();
    let round = canary.round(1);
    round.expect("traces", &["fail"], &["of 20 sampled traces are missing"]);
    round.assert_good(&OWN);
    let [expected, found, _] = round.stage("traces").unwrap();
    assert!(expected == 20 && (1..20).contains(&found), "{round}");
    let missing = round.0["missing_traces"].as_array().unwrap();
    assert!(
        jaeger.spans(missing[0].as_str().unwrap()).is_empty(),
        "{round}"
    );
    assert!(
        canary.value("found_total{stage=\"traces\"}")
            < canary.value("expected_total{stage=\"traces\"}")
    );
}

#[test]
fn buckets_that_prometheus_drops_fail_there_and_nowhere_else() {
    if absent(&["prometheus"]) {
        return;
    }
    let service = service();
    let mut job = job(service.address);
    job["metric_relabel_configs"] =
        json!([{"source_labels": ["le"], "regex": "0\\.1|0\\.04", "action": "drop"}]);
    let prometheus = Prometheus::start(&json!({"scrape_configs": [job]}).to_string());
    let canary = Watch::of(service.address).prometheus(&prometheus).start();
    let round = canary.round(1);
    round.expect("prometheus", &["fail"], &["le"]);
    round.assert_good(&OWN);
    assert_eq!(round.verdict(), "fail", "{round}");
    let fails = canary.value("rounds_total{hop=\"prometheus\",verdict=\"fail\"}");
    assert!(fails >= 1.0, "{}", canary.described());
    assert_eq!(canary.value("hop_ok{hop=\"prometheus\"}"), 0.0);
}
