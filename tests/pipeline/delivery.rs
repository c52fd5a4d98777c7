//! Every span of every answered request reaches the collector: in a burst, and at the end.

use std::net::SocketAddr;

use crate::{
    load,
    parts::{self, Collector, Connection, Service, until_or},
};

/// The service's own count of spans that the collector has taken.
const DELIVERED: &str = "otel_sdk_exporter_span_exported_total{otel_component_type";

const PROTOCOLS: [&str; 2] = ["grpc", "http/protobuf"];

#[test]
fn a_burst_of_requests_loses_no_span() {
    if parts::absent(&["otelcol"]) {
        return;
    }
    for protocol in PROTOCOLS {
        let collector = Collector::counting();
        let environment = collector.environment(protocol);
        let service = Service::start(&["--delay", "constant(200ms)"], &environment);
        let asked = burst(service.address, 1_500);
        for mut connection in asked {
            assert_eq!(connection.answer().unwrap().status, 200);
        }
        // The service counts a batch when its answer is back, the collector when it has come.
        let counts = || (collector.spans(), service.metric(DELIVERED));
        until_or(
            || (counts() == (3_000.0, 3_000.0)).then_some(()),
            || format!("{protocol}: {:?} of 3000\n{}", counts(), service.metrics()),
        );
    }
}

/// Sends as many requests at once, and leaves their answers to be read.
fn burst(address: SocketAddr, count: usize) -> Vec<Connection> {
    let mut connections: Vec<_> = (0..count)
        .map(|_| Connection::open(address).unwrap())
        .collect();
    for connection in &mut connections {
        connection.send("1.1", "/images", &[]).unwrap();
    }
    connections
}

#[test]
fn at_sigterm_the_spans_received_are_those_of_the_requests_answered() {
    if parts::absent(&["otelcol"]) {
        return;
    }
    for protocol in PROTOCOLS {
        let collector = Collector::counting();
        let mut environment = collector.environment(protocol);
        environment.retain(|(name, _)| *name != "OTEL_BSP_SCHEDULE_DELAY");
        // So late that only the flush at the end delivers what a batch does not fill.
        environment.push(("OTEL_BSP_SCHEDULE_DELAY", "600000".to_owned()));
        let mut service = Service::start(&["--delay", "uniform(0s,300ms)"], &environment);
        let before = load::answered(&load::run(service.address, 10, 3));
        let in_flight = burst(service.address, 100);
        until_or(
            || (service.metric("cloudnative_requests_accepted_total") >= 130.0).then_some(()),
            || service.metrics(),
        );
        service.process.signal("-TERM");
        let last = in_flight
            .into_iter()
            .map(|mut connection| connection.answer().unwrap());
        let answered = before + load::answered(&last.collect::<Vec<_>>());
        assert_eq!(answered, 130);
        assert_eq!(
            service.process.wait().code(),
            Some(0),
            "{}",
            service.process.said()
        );
        assert_eq!(
            collector.spans(),
            2.0 * answered as f64,
            "{protocol}: {}",
            service.process.said()
        );
    }
}
