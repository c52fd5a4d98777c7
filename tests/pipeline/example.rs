//! `examples/service.rs`: the instrumentation in a service that is not this one.

use std::time::Duration;

use httpserver::contract::ServerTiming;

use crate::parts::{self, Connection, Jaeger, Service, until_or};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";

#[test]
fn its_requests_are_in_the_ledger_and_the_metrics_under_its_own_names() {
    let service = Service::example::<&str>(&[]);
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
fn at_sigterm_it_answers_what_is_in_flight_and_delivers_the_last_spans() {
    if parts::absent(&["jaeger"]) {
        return;
    }
    let jaeger = Jaeger::start();
    let mut environment = jaeger.environment();
    environment.retain(|(name, _)| *name != "OTEL_BSP_SCHEDULE_DELAY");
    // Only the flush at the end can deliver the span in time.
    environment.push(("OTEL_BSP_SCHEDULE_DELAY", "600000".to_owned()));
    let mut service = Service::example(&environment);
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
