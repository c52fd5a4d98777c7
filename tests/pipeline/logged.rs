//! Log records that are exported by OTLP: those of the lines on stderr, with the ids of their request.

use std::collections::BTreeSet;

use crate::{
    load::trace_id,
    parts::{
        self, Collector, Service,
        printed::{self, Record},
        until_or,
    },
};

/// Targets of an exporter, of which the names of others begin so.
const OF_EXPORTERS: [&str; 6] = ["opentelemetry", "h2", "hyper", "tower", "tonic", "reqwest"];

/// Handles three requests, and ends; returns their trace and span ids, and the lines on stderr.
fn run(
    collector: &Collector,
    protocol: &str,
    filter: &str,
) -> (BTreeSet<[String; 2]>, Vec<String>) {
    let mut environment = collector.environment(protocol);
    let more = [
        ("OTEL_LOGS_EXPORTER", "otlp"),
        ("HTTPSERVER_ACCESS_LOG", "true"),
        ("RUST_LOG", filter),
        ("OTEL_BLRP_SCHEDULE_DELAY", "20"),
        ("OTEL_TRACES_SAMPLER", "always_off"),
    ];
    environment.extend(more.map(|(name, value)| (name, value.to_owned())));
    let mut service = Service::start(&["--delay", "constant(1ms)"], &environment);
    let answers: Vec<_> = (0..3).map(|_| service.get("/images")).collect();
    let ids = answers.iter().map(|answer| {
        let response: Vec<_> = answer.header("traceresponse").split('-').collect();
        [trace_id(answer).to_owned(), response[2].to_owned()]
    });
    let ids = ids.collect();
    service.process.signal("-TERM");
    assert_eq!(service.process.wait().code(), Some(0));
    service.process.line_with("drained");
    (ids, service.process.lines())
}

fn received(collector: &Collector) -> Vec<Record> {
    until_or(
        || {
            let records = printed::records(&collector.process.lines());
            let is_last = |record: &Record| record.body.starts_with("drained");
            records.iter().any(is_last).then_some(records)
        },
        || collector.process.said(),
    )
}

#[test]
fn every_line_is_a_record_with_the_trace_of_its_request_sampled_or_not() {
    if parts::absent(&["otelcol"]) {
        return;
    }
    for protocol in ["grpc", "http/protobuf"] {
        let collector = Collector::printing();
        let (ids, lines) = run(&collector, protocol, "info");
        let records = received(&collector);
        assert_eq!(records.len(), lines.len(), "{records:#?}\n{lines:#?}");
        let answered = records.iter().filter(|record| record.body == "answered");
        let of_requests = answered.map(|record| [record.trace_id.clone(), record.span_id.clone()]);
        assert_eq!(of_requests.collect::<BTreeSet<_>>(), ids, "{records:#?}");
        let answered = records.iter().find(|record| record.body == "answered");
        assert_eq!(answered.unwrap().attributes["http.route"], "/images");
        let first = records
            .iter()
            .find(|record| record.body.starts_with("listening"));
        assert_eq!(first.unwrap().trace_id, "", "{first:?}");
    }
}

#[test]
fn the_log_of_the_exporters_is_not_exported_whatever_is_logged() {
    if parts::absent(&["otelcol"]) {
        return;
    }
    for protocol in ["grpc", "http/protobuf"] {
        let collector = Collector::printing();
        let (_, lines) = run(&collector, protocol, "trace");
        let own = lines
            .iter()
            .filter(|line| line.contains("\"target\":\"opentelemetry"));
        assert!(own.count() > 0, "the filter lets them through to stderr");
        for record in received(&collector) {
            let is_own = |name| record.scope.starts_with(name);
            assert!(!OF_EXPORTERS.iter().any(is_own), "{record:?}");
        }
    }
}
