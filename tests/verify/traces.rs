//! span -> Jaeger: traces that are lost on the way, and services that send none.

use serde_json::json;

use crate::{
    parts::{Collector, Jaeger, absent},
    verify::verify,
    world::{images, service, traced},
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
    let flags = ["--jaeger", &jaeger.url(), "--rate", "60", "--wait", "8s"];
    let report = verify(&[&["--target", &images(service.address)], &flags[..]].concat());
    report.fails(HOP, &["of 240 sampled traces are not there"]);
    report.fails_only(&[HOP]);
    let says = report.says(HOP);
    let lost: u32 = says.split(' ').next().unwrap().parse().unwrap();
    assert!((3..=60).contains(&lost), "about a tenth: {says}");
}

#[test]
fn a_service_that_exports_nothing_is_asked_about_its_endpoint() {
    if absent(&["jaeger"]) {
        return;
    }
    let jaeger = Jaeger::start();
    let service = service();
    let flags = ["--jaeger", &jaeger.url(), "--wait", "1s"];
    let report = verify(&[&["--target", &images(service.address)], &flags[..]].concat());
    report.fails(
        HOP,
        &[
            "120 of 120 sampled traces are not there",
            "OTEL_EXPORTER_OTLP_ENDPOINT",
        ],
    );
}
