//! span -> Jaeger: traces that are lost on the way, and services that send none.

use serde_json::json;

use crate::{
    parts::{Collector, Jaeger, absent},
    proxy::{Faults, Proxy, Repeats},
    verify::Verify,
    world::{service, traced},
};

const HOP: &str = "span -> Jaeger";

#[test]
fn a_collector_that_keeps_90_percent_loses_the_rest_by_name() {
    if absent(&["otelcol", "jaeger"]) {
        return;
    }
    let jaeger = Jaeger::start();
    let exporters =
        json!({"otlp": {"endpoint": jaeger.grpc.to_string(), "tls": {"insecure": true}}});
    let keep = json!({"tail_sampling": {"decision_wait": "1s", "policies": [
        {"name": "most", "type": "probabilistic", "probabilistic": {"sampling_percentage": 90}},
    ]}});
    let collector = Collector::start_with(&exporters, &keep);
    let service = traced(&collector.environment("http/protobuf"));
    let verify = Verify::of(service.address).jaeger(&jaeger);
    let report = verify.flags(&["--rate", "60", "--wait", "8s"]).run();
    report.fails(HOP, &["of 240 sampled traces are missing"]);
    report.fails_only(&[HOP]);
    let says = report.says(HOP);
    let lost: u32 = says.split(' ').next().unwrap().parse().unwrap();
    assert!((3..=60).contains(&lost), "about a tenth: {says}");
}

#[test]
fn a_sampler_that_keeps_slow_traces_is_told_from_a_loss() {
    if absent(&["otelcol", "jaeger"]) {
        return;
    }
    let jaeger = Jaeger::start();
    let exporters =
        json!({"otlp": {"endpoint": jaeger.grpc.to_string(), "tls": {"insecure": true}}});
    let keep = json!({"tail_sampling": {"decision_wait": "1s", "policies": [
        {"name": "slow", "type": "latency", "latency": {"threshold_ms": 1000}},
    ]}});
    let collector = Collector::start_with(&exporters, &keep);
    let service = traced(&collector.environment("http/protobuf"));
    let verify = Verify::of(service.address).jaeger(&jaeger);
    let report = verify.flags(&["--wait", "8s"]).run();
    report.fails(
        HOP,
        &["sampled traces are missing", "keep only slow traces?"],
    );
}

#[test]
fn a_mirror_is_named_by_its_second_server_spans() {
    if absent(&["jaeger"]) {
        return;
    }
    let jaeger = Jaeger::start();
    let service = traced(&jaeger.environment());
    let faults = Faults {
        repeats: Repeats::Mirror,
        ..Faults::default()
    };
    let front = Proxy::start(&[service.address], faults);
    let report = Verify::of(front.address).jaeger(&jaeger).run();
    assert_eq!(report.code, 0, "{report}");
    report.expect(
        HOP,
        "WARN",
        &["executed more than once", "a mirror or a retry"],
    );
}

#[test]
fn a_service_that_exports_nothing_gets_a_hint_at_its_endpoint() {
    if absent(&["jaeger"]) {
        return;
    }
    let jaeger = Jaeger::start();
    let service = service();
    let verify = Verify::of(service.address).jaeger(&jaeger);
    let report = verify.flags(&["--wait", "1s"]).run();
    report.fails(
        HOP,
        &[
            "120 of 120 sampled traces are missing",
            "OTEL_EXPORTER_OTLP_ENDPOINT",
        ],
    );
}
