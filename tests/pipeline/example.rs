//! `examples/service.rs`: the instrumentation in a service that is not this one. It is part of this test binary, which
//! starts itself again as the service.

#[path = "../../examples/service.rs"]
mod service;

use std::{env, process::Command, time::Duration};

use httpserver::contract::ServerTiming;

use crate::parts::{self, Connection, Jaeger, Service, until_or};

/// The address to listen on; set in the process that is the service.
const LISTEN: &str = "LISTEN";
const NAME: &str = "example::its_requests_are_in_the_ledger_and_the_metrics_under_its_own_names";
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";

fn start(environment: &[(&str, String)]) -> Service {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", NAME]).env(LISTEN, "127.0.0.1:0");
    Service::run(command, environment)
}

#[test]
fn its_requests_are_in_the_ledger_and_the_metrics_under_its_own_names() {
    if env::var_os(LISTEN).is_some() {
        return service::main().unwrap();
    }
    let service = start(&[]);
    for _ in 0..5 {
        let answer = service.get("/orders");
        let timing: ServerTiming = answer.header("server-timing").parse().unwrap();
        assert!(
            timing.total.unwrap() >= Duration::from_millis(50),
            "{timing:?}"
        );
        assert_eq!(timing.delay, None, "it declares no delay");
    }
    assert_eq!(service.get("/hello").body, "hello\n");
    let metrics = service.metrics();
    for line in [
        "orders_requests_accepted_total 5",
        "orders_execution_latency_seconds_count{step=\"total\"} 5",
        "orders_execution_latency_seconds_bucket{step=\"total\",le=\"0.032\"} 0",
        "service_name=\"orders\",service_version=\"1.0.0\"",
        "http_route=\"/hello\"",
    ] {
        assert!(metrics.contains(line), "no `{line}` in\n{metrics}");
    }
    assert!(!metrics.contains("cloudnative_"), "{metrics}");
}

#[test]
fn its_buckets_name_their_latest_traces() {
    let endpoint = "http://127.0.0.1:9".to_owned(); // sampled, wherever the spans go
    let service = start(&[("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)]);
    let traceparent = format!("00-{TRACE}-{PARENT}-01");
    service.get_with("/orders", &[("traceparent", &traceparent)]);
    let accept = ("accept", "application/openmetrics-text;version=1.0.0");
    let metrics = service.get_with("/metrics", &[accept]).body;
    let exemplar = format!(" # {{trace_id=\"{TRACE}\",span_id=");
    let named = |line: &&str| line.contains(&exemplar);
    let named: Vec<_> = metrics.lines().filter(named).collect();
    assert_eq!(named.len(), 2, "{metrics}");
    assert!(
        named[0].starts_with("http_server_request_duration_seconds_bucket{"),
        "{named:?}"
    );
    assert!(
        named[1].starts_with("orders_execution_latency_seconds_bucket{step=\"total\","),
        "{named:?}"
    );
}

#[test]
fn at_sigterm_it_answers_what_is_in_flight_and_delivers_the_last_spans() {
    if parts::absent(&["jaeger"]) {
        return;
    }
    let jaeger = Jaeger::start();
    let mut environment = jaeger.environment();
    environment.retain(|(name, _)| *name != "OTEL_BSP_SCHEDULE_DELAY");
    // Only the flush at the end can deliver the span in time.
    environment.push(("OTEL_BSP_SCHEDULE_DELAY", "600000".to_owned()));
    let mut service = start(&environment);
    let mut connection = Connection::open(service.address).unwrap();
    let traceparent = format!("00-{TRACE}-{PARENT}-01");
    connection
        .send("1.1", "/orders", &[("traceparent", &traceparent)])
        .unwrap();
    until_or(
        || (service.metric("orders_requests_accepted_total") >= 1.0).then_some(()),
        || service.metrics(),
    );
    service.process.signal("-TERM");
    assert_eq!(connection.answer().unwrap().status, 200);
    assert_eq!(
        service.process.wait().code(),
        Some(0),
        "{}",
        service.process.said()
    );
    let spans = jaeger.trace(TRACE, 1);
    assert_eq!(
        (spans[0].name.as_str(), spans[0].parent_id.as_str()),
        ("GET /orders", PARENT)
    );
}
