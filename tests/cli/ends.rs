//! A running service: how it stops, and what it logs until then.

use std::process::Command;

use crate::{
    parts::{Connection, Service, free_address, until_or},
    process::exit_code_without_readers,
};

#[test]
fn a_signal_under_load_loses_no_request_in_flight() {
    loses_no_request("-TERM", Service::start::<&str>(&DELAY, &[]));
}

/// The terminal of the service is closed.
#[cfg(target_os = "linux")]
#[test]
fn a_hang_up_under_load_loses_no_request_in_flight() {
    loses_no_request("-HUP", with_hang_up("--default-signal=HUP"));
}

/// As under `nohup`.
#[cfg(target_os = "linux")]
#[test]
fn a_hang_up_that_was_ignored_before_stays_ignored() {
    let mut service = with_hang_up("--ignore-signal=HUP");
    service.process.signal("-HUP");
    service.process.signal("-TERM");
    assert_eq!(service.process.wait().code(), Some(0));
    service.process.line_with("drained");
    let said = service.process.said();
    assert!(!said.contains("SIGHUP"), "{said}");
}

const DELAY: [&str; 2] = ["--delay", "constant(500ms)"];

fn loses_no_request(signal: &str, mut service: Service) {
    let in_flight: Vec<_> = (0..100).map(|_| send(&service)).collect();
    wait_for_accepted(&service, 100.0);
    service.process.signal(signal);
    for mut connection in in_flight {
        let answer = connection.answer().unwrap();
        assert_eq!((answer.status, answer.body.as_str()), (200, "<h1>500</h1>"));
    }
    assert_eq!(service.process.wait().code(), Some(0));
    service.process.line_with("drained");
}

/// A service that inherits this treatment of SIGHUP, whatever that of the test is.
#[cfg(target_os = "linux")]
fn with_hang_up(treatment: &str) -> Service {
    let mut command = Command::new("env");
    let program = env!("CARGO_BIN_EXE_httpserver");
    command.args([treatment, program, "--listen", "127.0.0.1:0"]);
    command.args(DELAY);
    Service::run::<&str>(command, &[])
}

#[test]
fn a_second_sigterm_ends_the_wait_for_the_last_scrape() {
    let flags = ["--delay", "constant(0s)", "--scrape-grace", "10m"];
    let mut service = Service::start::<&str>(&flags, &[]);
    let scraper = [("X-Prometheus-Scrape-Timeout-Seconds", "10")];
    service.get_with("/metrics", &scraper);
    assert_eq!(service.get("/images").status, 200);
    service.process.signal("-TERM");
    service.process.line_with("is scraped for the last time");
    service.process.signal("-TERM");
    assert_eq!(service.process.wait().code(), Some(1));
    service.process.line_with("aborted");
}

#[test]
fn a_second_sigterm_ends_it_at_once() {
    let mut service = Service::start::<&str>(&["--delay", "constant(50s)"], &[]);
    let _in_flight = send(&service);
    wait_for_accepted(&service, 1.0);
    service.process.signal("-TERM");
    service.process.line_with("SIGTERM: shutting down");
    service.process.signal("-TERM");
    assert_eq!(service.process.wait().code(), Some(1));
}

/// Sends a request, and leaves its answer to be read.
fn send(service: &Service) -> Connection {
    let mut connection = Connection::open(service.address).unwrap();
    connection.send("1.1", "/images", &[]).unwrap();
    connection
}

fn wait_for_accepted(service: &Service, count: f64) {
    let accepted = || service.metric("cloudnative_requests_accepted_total");
    until_or(
        || (accepted() >= count).then_some(()),
        || format!("{} accepted of {count}", accepted()),
    );
}

#[test]
fn a_collector_that_is_absent_does_not_affect_requests() {
    let closed_port = free_address();
    for protocol in ["grpc", "http/protobuf"] {
        let endpoint = format!("http://{closed_port}");
        let environment = [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
            ("OTEL_BSP_SCHEDULE_DELAY", "50"),
        ];
        let service = Service::start(&["--delay", "constant(0s)"], &environment);
        for _ in 0..20 {
            assert_eq!(service.get("/images").status, 200);
        }
        service.process.line_with("cannot export spans");
        let metrics = service.metrics();
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
    let service = Service::start::<&str>(
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
    let line: serde_json::Value =
        serde_json::from_str(&service.process.line_with("answered")).unwrap();
    assert_eq!(line["trace_id"].as_str().unwrap().len(), 32);
    assert_eq!(line["span_id"].as_str().unwrap().len(), 16);
    let service = Service::start::<&str>(
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
    assert!(service.process.line_with("answered").contains(" trace_id="));
}

#[test]
fn a_reader_that_leaves_does_not_change_the_exit_code() {
    let service = Service::start::<&str>(&["--delay", "constant(0s)"], &[]);
    let url = |path: &str| format!("http://{}{path}", service.address);
    let (images, missing, ready) = (url("/images"), url("/missing"), url("/readyz"));
    let short = ["--rate", "20", "--duration", "200ms"];
    let other = ["--target", &images, "--delay", "constant(3s)"];
    let runs: [(&[&str], i32); 13] = [
        (&[&["verify"], &other[..], &short].concat(), 1),
        (
            &[&["verify", "--output", "json"], &other[..], &short].concat(),
            1,
        ),
        (&["verify", "--target", "http://127.0.0.1:1/images"], 3),
        (&["verify", "--no-such-flag"], 2),
        (&["verify", "--target", &missing], 2),
        (
            &[
                &[
                    "verify",
                    "--target",
                    &images,
                    "--jaeger",
                    "http://127.0.0.1:1",
                ],
                &short[..],
            ]
            .concat(),
            3,
        ),
        (&[&["load", &images][..], &short].concat(), 0),
        (&[&["load", "http://127.0.0.1:1/"][..], &short].concat(), 3),
        (&["healthcheck", "--url", &ready], 0),
        (&["healthcheck", "--url", &missing], 1),
        (&["truth"], 0),
        (&["man", "no-such-command"], 2),
        (&["--listen", &service.address.to_string()], 1),
    ];
    for (args, code) in runs {
        assert_eq!(exit_code_without_readers(args), Some(code), "{args:?}");
    }
}
