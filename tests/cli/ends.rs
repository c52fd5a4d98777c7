//! A running service: how it ends, and what it says until then.

use std::{io::Read, net::TcpListener};

use crate::process::Service;

#[test]
fn at_sigterm_under_load_no_request_in_flight_is_lost() {
    let mut service = Service::start(&["--delay", "constant(500ms)"], &[]);
    let asked: Vec<_> = (0..100).map(|_| service.ask("/images")).collect();
    service.wait_for_metric("cloudnative_requests_accepted_total 100");
    service.signal("-TERM");
    for mut answer in asked {
        let mut text = String::new();
        answer.read_to_string(&mut text).unwrap();
        assert!(
            text.starts_with("HTTP/1.1 200 ") && text.ends_with("<h1>500</h1>"),
            "{text}"
        );
    }
    assert_eq!(service.exit_code(), Some(0));
    service.line_with("drained");
}

#[test]
fn a_second_sigterm_ends_it_at_once() {
    let mut service = Service::start(&["--delay", "constant(50s)"], &[]);
    let _asked = service.ask("/images");
    service.wait_for_metric("cloudnative_requests_accepted_total 1");
    service.signal("-TERM");
    service.line_with("SIGTERM: shutting down");
    service.signal("-TERM");
    assert_eq!(service.exit_code(), Some(1));
}

#[test]
fn a_collector_that_is_absent_costs_no_request_anything() {
    let nobody = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    for protocol in ["grpc", "http/protobuf"] {
        let endpoint = format!("http://{nobody}");
        let environment = [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
            ("OTEL_BSP_SCHEDULE_DELAY", "50"),
        ];
        let service = Service::start(&["--delay", "constant(0s)"], &environment);
        for _ in 0..20 {
            assert!(service.get("/images").starts_with("HTTP/1.1 200 "));
        }
        service.line_with("spans cannot be exported");
        let metrics = service.get("/metrics");
        let failed = metrics.lines().find(|line| {
            line.starts_with("otel_sdk_exporter_span_exported_total{error_type=\"export_failed\"")
        });
        assert!(
            failed.is_some_and(|line| !line.ends_with(" 0")),
            "{protocol}: {metrics}"
        );
    }
}

#[test]
fn each_line_inside_a_request_carries_its_trace_sampled_or_not() {
    let service = Service::start(
        &[
            "--delay",
            "constant(0s)",
            "--access-log",
            "--log-format",
            "json",
        ],
        &[],
    );
    service.get("/images");
    let line: serde_json::Value = serde_json::from_str(&service.line_with("answered")).unwrap();
    assert_eq!(line["trace_id"].as_str().unwrap().len(), 32);
    assert_eq!(line["span_id"].as_str().unwrap().len(), 16);
    let service = Service::start(
        &[
            "--delay",
            "constant(0s)",
            "--access-log",
            "--log-format",
            "text",
        ],
        &[],
    );
    service.get("/images");
    assert!(service.line_with("answered").contains(" trace_id="));
}
