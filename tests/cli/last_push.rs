//! Metrics and logs that a collector does not take: requests are answered, each fault is one line, and the end comes in
//! time with exit code 0.

use std::{
    collections::BTreeMap,
    io::Read,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use crate::{
    faulty::{collector, read_request, write_head},
    parts::{Service, free_address},
};

const SIGNALS: [(&str, &str, &str); 2] = [
    (
        "/v1/metrics",
        "cannot export metrics",
        "the last metrics were not delivered",
    ),
    (
        "/v1/logs",
        "cannot export logs",
        "log records were not delivered",
    ),
];

/// Requests by their path.
type Asked = Arc<Mutex<BTreeMap<String, usize>>>;

/// A server that answers the `n`th request for a path with `statuses[n]`, later ones with the last; and what it was
/// asked.
fn answering(statuses: &'static [&str]) -> (SocketAddr, Asked) {
    let asked = Asked::default();
    let seen = Arc::clone(&asked);
    let address = collector(move |stream| {
        let path = read_request(stream);
        let mut seen = seen.lock().unwrap();
        let times = seen.entry(path).or_default();
        let status = statuses.get(*times).or(statuses.last()).unwrap();
        *times += 1;
        write_head(stream, status);
    });
    (address, asked)
}

/// Runs a service for one request that exports only at its end; returns its exit code and what it said.
fn end(collector: SocketAddr, protocol: &str) -> (Option<i32>, String) {
    let endpoint = format!("http://{collector}");
    let environment = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
        ("OTEL_TRACES_EXPORTER", "none"),
        ("OTEL_METRICS_EXPORTER", "otlp"),
        ("OTEL_LOGS_EXPORTER", "otlp"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "600000"),
        ("OTEL_BLRP_SCHEDULE_DELAY", "600000"),
        // Beyond the deadline of this test: the end does not wait for it.
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "600000"),
        ("OTEL_METRIC_EXPORT_TIMEOUT", "600000"),
        ("OTEL_BLRP_EXPORT_TIMEOUT", "600000"),
    ];
    let mut service = Service::start(&["--delay", "constant(0s)"], &environment);
    assert_eq!(service.get("/images").status, 200);
    service.process.signal("-TERM");
    let code = service.process.wait().code();
    service.process.line_with("drained");
    (code, service.process.said())
}

fn count(said: &str, what: &str) -> usize {
    said.lines().filter(|line| line.contains(what)).count()
}

#[test]
fn an_absent_collector_is_one_line_a_signal_and_a_warning_at_the_end() {
    let closed = free_address();
    for protocol in ["http/protobuf", "grpc"] {
        let (code, said) = end(closed, protocol);
        assert_eq!(code, Some(0), "{protocol}: {said}");
        for (_, failed, lost) in SIGNALS {
            assert_eq!(count(&said, failed), 1, "{protocol}: {said}");
            assert_eq!(count(&said, lost), 1, "{protocol}: {said}");
        }
        assert_eq!(count(&said, "Connection refused"), 2, "{protocol}: {said}");
    }
}

#[test]
fn a_collector_that_hangs_does_not_hold_up_the_end() {
    let hanging = collector(|stream| {
        let _ = stream.read_to_end(&mut Vec::new());
    });
    for protocol in ["http/protobuf", "grpc"] {
        let (code, said) = end(hanging, protocol);
        assert_eq!(code, Some(0), "{protocol}: {said}");
        for (_, _, lost) in SIGNALS {
            assert_eq!(count(&said, lost), 1, "{protocol}: {said}");
        }
    }
}

#[test]
fn what_is_refused_is_not_sent_again() {
    let (address, asked) = answering(&["400 Bad Request"]);
    let (code, said) = end(address, "http/protobuf");
    assert_eq!(code, Some(0), "{said}");
    for (_, failed, lost) in SIGNALS {
        assert_eq!(count(&said, failed), 1, "{said}");
        assert_eq!(count(&said, lost), 1, "{said}");
    }
    assert_eq!(count(&said, "status code: 400"), 2, "{said}");
    // The log records of the end come after those that were flushed.
    let asked = asked.lock().unwrap();
    assert_eq!(asked["/v1/metrics"], 1, "{asked:?}");
    assert!(asked["/v1/logs"] <= 2, "{asked:?}");
}

#[test]
fn what_is_refused_for_now_is_sent_again_when_the_collector_asks_for_it() {
    let (address, asked) = answering(&["503 Service Unavailable\r\nretry-after: 1", "200 OK"]);
    let (code, said) = end(address, "http/protobuf");
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(count(&said, "WARN"), 0, "{said}");
    let asked = asked.lock().unwrap();
    assert_eq!(asked["/v1/metrics"], 2, "{asked:?}");
    assert!(asked["/v1/logs"] >= 2, "{asked:?}");
}
