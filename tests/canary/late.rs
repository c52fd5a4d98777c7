//! Traces that come after the deadline: lost at first, and then late.

use serde_json::json;

use crate::{
    canary::Watch,
    parts::{Collector, Gate, Jaeger, absent, until_or},
    world::{OWN, traced},
};

#[test]
fn traces_whose_write_failed_until_after_the_deadline_are_late() {
    if absent(&["otelcol", "jaeger"]) {
        return;
    }
    let jaeger = Jaeger::start();
    let gate = Gate::start(jaeger.grpc);
    // It queues what it cannot write, and tries again.
    let collector = Collector::to(gate.address, &json!({}));
    let service = traced(&collector.environment("grpc"));
    let watch = Watch::of(service.address).jaeger(&jaeger);
    let flags = ["--duration", "3s", "--every", "7s", "--deadline", "5s"];
    let canary = watch.flags(&flags).start();
    let round = canary.round(1);
    assert!(round.is_good("round"), "{round}");
    let number = canary.amid_next(&service);
    gate.set_open(false);
    let round = canary.round(number);
    round.assert_good(&OWN);
    round.expect("traces", &["fail"], &["traces are missing"]);
    let [expected, found, _] = round.stage("traces").unwrap();
    assert!(expected == 30 && (1..30).contains(&found), "{round}");
    assert!(
        !round.0["missing_traces"].as_array().unwrap().is_empty(),
        "{round}"
    );
    gate.set_open(true);
    let is_late = || {
        let late = canary.round(number).stage("traces")?[2];
        (late == expected - found).then_some(late)
    };
    let late = until_or(is_late, || format!("late traces: {}", canary.described()));
    assert!(canary.value("late_total{stage=\"traces\"}") >= late as f64);
    let is_taken_back = || {
        let count = |name: &str| canary.value(&format!("{name}{{stage=\"traces\"}}"));
        let lost = count("expected_total") - count("found_total") - count("late_total");
        (lost == 0.0).then_some(())
    };
    until_or(is_taken_back, || {
        format!("nothing to be lost: {}", canary.described())
    });
    let page = canary.get_with("/status", &[("accept", "text/html")]).body;
    assert!(
        page.contains(&format!("traces: {found} of {expected}, and {late} late")),
        "{page}"
    );
}
