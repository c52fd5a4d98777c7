//! What comes after the deadline, or is only seen after it: lost at first, or not expected yet, and then late.

use serde_json::json;

use crate::{
    canary::{Canary, Round, Watch},
    parts::{Collector, Gate, Jaeger, VictoriaMetrics, absent, until, until_or},
    proxy::{Faults, Proxy},
    world::{OWN, half_of_the_traces, job, service, traced, writing},
};

/// Shuts the gate before a store until a round could not ask it, and opens it again; returns the round's number.
fn outage(canary: &Canary, gate: &Gate, hop: &str) -> u64 {
    canary.is_idle();
    gate.set_open(false);
    let is_unasked = |round: &Round| round.of(hop) == "unreachable";
    let round = canary.next_that("could not ask", is_unasked);
    assert_eq!(round.stage(hop), None, "{round}");
    assert_eq!(round.0["missing_traces"], json!([]), "{round}");
    gate.set_open(true);
    round.0["number"].as_u64().unwrap()
}

/// Expected, found and late in a stage of a round, once something is late.
fn once_late(canary: &Canary, number: u64, stage: &str) -> [u64; 3] {
    let is_late = || {
        let counts = canary.round(number).stage(stage);
        counts.filter(|[_, _, late]| *late > 0)
    };
    until_or(is_late, || format!("nothing late: {}", canary.described()))
}

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
    let flags = ["--duration", "5s", "--every", "15s", "--deadline", "5s"];
    let canary = watch.flags(&flags).start();
    let round = canary.round(1);
    assert!(round.is_good("round"), "{round}");
    canary.is_idle();
    let before = jaeger.traces("httpserver").len();
    let number = canary.amid_next(&service);
    until("a trace of this round", || {
        (jaeger.traces("httpserver").len() > before).then_some(())
    });
    gate.set_open(false);
    let round = canary.round(number);
    round.assert_good(&OWN);
    round.expect("traces", &["fail"], &["traces are missing"]);
    let [expected, found, _] = round.stage("traces").unwrap();
    assert!(expected == 50 && (1..50).contains(&found), "{round}");
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

#[test]
fn traces_that_were_lost_while_their_store_could_not_be_asked_are_counted_once_it_answers() {
    if absent(&["otelcol", "jaeger"]) {
        return;
    }
    let jaeger = Jaeger::start();
    let collector = Collector::to(jaeger.grpc, &half_of_the_traces());
    let service = traced(&collector.environment("grpc"));
    let gate = Gate::start(jaeger.query);
    let watch = Watch::of(service.address).flags(&["--traces", &gate.url("")]);
    let flags = ["--rate", "30", "--deadline", "8s", "--every", "15s"];
    let canary = watch.flags(&flags).start();
    let round = canary.round(1);
    assert!(round.stage("traces").unwrap()[1] > 0, "{round}");
    let number = outage(&canary, &gate, "traces");
    let [expected, found, late] = once_late(&canary, number, "traces");
    assert_eq!((expected, found), (30, 0));
    assert!((1..30).contains(&late), "{late}: {}", canary.described());
    let round = canary.round(number);
    let missing = round.0["missing_traces"].as_array().unwrap().len();
    assert_eq!(missing as u64, (30 - late).min(5), "{round}");
}

#[test]
fn a_replica_that_ends_in_an_outage_is_not_a_loss() {
    if absent(&["jaeger"]) {
        return;
    }
    let jaeger = Jaeger::start();
    let mut old = traced(&jaeger.environment());
    let front = Proxy::start(&[old.address], Faults::default());
    let gate = Gate::start(jaeger.query);
    let watch = Watch::of(front.address).flags(&["--traces", &gate.url("")]);
    let flags = ["--duration", "4s", "--every", "14s"];
    let canary = watch.flags(&flags).start();
    let round = canary.round(1);
    assert!(round.is_good("round"), "{round}");
    canary.is_idle();
    gate.set_open(false);
    let number = canary.amid_next(&old);
    let new = traced(&jaeger.environment());
    old.process.kill();
    front.switch(&[new.address]);
    let round = canary.round(number);
    round.expect("traces", &["unreachable"], &[]);
    gate.set_open(true);
    for _ in 0..2 {
        canary.next();
    }
    assert_eq!(canary.round(number).stage("traces"), None);
}

#[test]
fn samples_of_a_round_whose_remote_store_could_not_be_asked_are_late() {
    if absent(&["prometheus", "victoria-metrics"]) {
        return;
    }
    let service = service();
    let victoria = VictoriaMetrics::start();
    let own = writing(&[job(service.address)], &victoria.url());
    let gate = Gate::start(victoria.address);
    let watch = Watch::of(service.address).prometheus(&own);
    let flags = ["--remote", &gate.url(""), "--every", "12s"];
    let canary = watch.flags(&flags).start();
    let round = canary.round(1);
    assert!(round.is_good("round"), "{round}");
    let number = outage(&canary, &gate, "remote");
    assert_eq!(once_late(&canary, number, "remote"), [10, 0, 10]);
}
