//! The end of a service whose collector does not take its last spans: a warning with their number, and exit code 0.

use std::{io::Read, net::SocketAddr};

use crate::{
    faulty::{answer, collector, read_request, write_head},
    parts::{Service, free_address},
};

/// What a request leaves: the server's span and that of the delay.
const SPANS: &str = "\"spans\":2";

const LOST: &str = "spans were not delivered";
const FAILED: &str = "cannot export spans";

#[test]
fn spans_that_a_collector_refuses_or_never_answers_are_one_warning_and_exit_code_0() {
    let refusing = free_address();
    let hanging = collector(|stream| {
        let _ = stream.read_to_end(&mut Vec::new());
    });
    let denying = collector(|stream| answer(stream, "404 Not Found"));
    for (collector, kind) in [
        (refusing, "refuses"),
        (hanging, "hangs"),
        (denying, "denies"),
    ] {
        for protocol in ["http/protobuf", "grpc"] {
            let (code, said) = end(collector, protocol, LOST);
            assert_eq!(code, Some(0), "{kind}, {protocol}:\n{said}");
            let warnings = said.lines().filter(|line| line.contains(LOST));
            let warnings: Vec<_> = warnings.collect();
            assert_eq!(warnings.len(), 1, "{kind}, {protocol}:\n{said}");
            assert!(warnings[0].contains(SPANS), "{kind}, {protocol}:\n{said}");
        }
    }
}

#[test]
fn a_redirect_is_a_failed_export_that_is_not_followed() {
    let redirecting = collector(|stream| {
        let status = match read_request(stream).as_str() {
            "/elsewhere" => "200 OK",
            _ => "307 Temporary Redirect\r\nlocation: /elsewhere",
        };
        write_head(stream, status);
    });
    let (code, said) = end(redirecting, "http/protobuf", LOST);
    assert_eq!(code, Some(0), "{said}");
    let failed = said.lines().filter(|line| line.contains(FAILED));
    let failed: Vec<_> = failed.collect();
    assert!(failed.len() == 1 && failed[0].contains("307"), "{said}");
}

#[test]
fn spans_that_a_collector_takes_are_no_warning() {
    let taking = collector(|stream| answer(stream, "200 OK"));
    let (code, said) = end(taking, "http/protobuf", "drained");
    assert_eq!(code, Some(0), "{said}");
    assert!(!said.contains(LOST), "{said}");
}

#[test]
fn a_failed_export_says_endpoint_and_cause_once() {
    let closed = free_address();
    for protocol in ["http/protobuf", "grpc"] {
        let (_, said) = end(closed, protocol, LOST);
        let failed = said.lines().filter(|line| line.contains(FAILED));
        let failed: Vec<_> = failed.collect();
        assert_eq!(failed.len(), 1, "{protocol}: {said}");
        let names = failed[0].contains(&closed.to_string());
        assert!(names && failed[0].contains("Connection refused"), "{said}");
    }
}

/// Runs a service for one request, until its last line; returns its exit code and what it said.
fn end(collector: SocketAddr, protocol: &str, last_line: &str) -> (Option<i32>, String) {
    let endpoint = format!("http://{collector}/?token=hunter2");
    let environment = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
    ];
    let mut service = Service::start(&["--delay", "constant(0s)"], &environment);
    assert_eq!(service.get("/images").status, 200);
    service.process.signal("-TERM");
    let code = service.process.wait().code();
    service.process.line_with(last_line);
    let said = service.process.said();
    assert!(!said.contains("hunter2"), "{said}");
    (code, said)
}
