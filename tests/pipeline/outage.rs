//! A collector that stops during a run does not affect requests; lost spans are counted and logged once.

use crate::{
    load,
    parts::{self, Collector, Service, until_or},
};

const EXPORTED: &str = "otel_sdk_exporter_span_exported_total";
const FAILED: &str = "otel_sdk_exporter_span_exported_total{error_type=\"export_failed\"";
const LOST: &str = "cannot export spans";
const BACK: &str = "spans are exported again";

#[test]
fn a_collector_killed_under_load_fails_no_request_and_is_used_again_when_it_returns() {
    if parts::absent(&["otelcol"]) {
        return;
    }
    for protocol in ["grpc", "http/protobuf"] {
        let mut collector = Collector::counting();
        let environment = collector.environment(protocol);
        let service = Service::start(&["--delay", "uniform(0s,20ms)"], &environment);
        let (answers, ()) = load::during(service.address, 8, || {
            wait(&service, "spans arrive", || collector.spans() > 50.0);
            collector.process.kill();
            wait(&service, "failures", || service.metric(FAILED) > 200.0);
            collector.restart();
            service.process.line_with(BACK);
            wait(&service, "spans arrive again", || collector.spans() > 50.0);
        });
        let spans = 2 * load::answered(&answers);
        // Each span was delivered or counted as lost: no third way, and none twice.
        wait(&service, "every span accounted for", || {
            service.metric(EXPORTED) == spans as f64
        });
        let lines = service.process.lines();
        for said in [LOST, BACK] {
            let times = lines.iter().filter(|line| line.contains(said)).count();
            assert_eq!(times, 1, "{protocol}: `{said}` in {lines:#?}");
        }
    }
}

fn wait(service: &Service, what: &str, is_met: impl Fn() -> bool) {
    let said = || format!("{what}\n{}\n{}", service.process.said(), service.metrics());
    until_or(|| is_met().then_some(()), said);
}
