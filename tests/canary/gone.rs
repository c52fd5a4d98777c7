//! Parts that are gone for several rounds, and come back: judged at their own hops, while the others stay good.

use crate::{
    canary::{Canary, Round, Watch},
    parts::{Jaeger, Service, absent, free_address, until, until_or},
    proxy::{Faults, Proxy},
    world::{OWN, SERVICE, scraping, service, traced},
};

/// Longer than a round is in progress, also on a busy machine.
const EVERY: [&str; 2] = ["--every", "10s"];

/// Asserts that the log has one line for each of two changes of a hop; the second one comes after the status.
#[track_caller]
fn changed_twice(canary: &Canary, hop: &str) {
    let two = || Some(canary.changes(hop)).filter(|lines| lines.len() > 1);
    let lines = until_or(two, || format!("{hop}: {}", canary.described()));
    assert!(
        matches!(&lines[..], [first, second] if first.contains("not right") && second.contains("right again")),
        "{hop}: {lines:#?}: {}",
        canary.described()
    );
}

/// Asserts that this hop, and with it the round, is not good in the next two rounds.
fn not_good_twice(canary: &Canary, hop: &str) -> Round {
    canary.next_that("is not good", |round| !round.is_good(hop));
    let round = canary.next();
    round.expect(hop, &["unreachable", "fail"], &[]);
    assert!(!round.is_good("round"), "{round}");
    assert_eq!(canary.value(&format!("hop_ok{{hop=\"{hop}\"}}")), 0.0);
    assert_eq!(canary.value("hop_ok{hop=\"round\"}"), 0.0);
    round
}

/// Asserts that this hop, and with it the round, becomes good again.
fn good_again(canary: &Canary, hop: &str) {
    canary.next_that("is good again", |round| round.is_good("round"));
    assert_eq!(canary.value(&format!("hop_ok{{hop=\"{hop}\"}}")), 1.0);
    assert_eq!(canary.value("hop_ok{hop=\"round\"}"), 1.0);
    changed_twice(canary, hop);
    changed_twice(canary, "round");
}

#[test]
fn a_store_of_traces_that_is_gone_is_not_the_fault_of_other_hops() {
    if absent(&["jaeger"]) {
        return;
    }
    let mut jaeger = Jaeger::start();
    let service = traced(&jaeger.environment());
    let heartbeat = Proxy::start(&[service.address], Faults::default());
    let url = format!("http://{}/healthz", heartbeat.address);
    let watch = Watch::of(service.address).jaeger(&jaeger);
    let canary = watch.flags(&EVERY).flags(&["--heartbeat", &url]).start();
    let round = canary.round(1);
    assert!(round.is_good("round"), "{round}");
    canary.is_idle();
    jaeger.process.kill();
    let round = not_good_twice(&canary, "traces");
    round.assert_good(&OWN);
    // Once for each of the good rounds before.
    let good = ["pass", "warn"];
    let good =
        good.map(|it| canary.value(&format!("rounds_total{{hop=\"round\",verdict=\"{it}\"}}")));
    assert_eq!(heartbeat.passed() as f64, good.iter().sum::<f64>());
    let called = heartbeat.passed();
    jaeger.restart();
    good_again(&canary, "traces");
    // It has lost what it had: whether the traces of the rounds between were there is not known.
    canary.next();
    let number = round.0["number"].as_u64().unwrap();
    assert_eq!(canary.round(number).stage("traces"), None);
    until("a heartbeat", || {
        (heartbeat.passed() > called).then_some(())
    });
    for hop in OWN {
        assert_eq!(canary.changes(hop), [""; 0], "{hop}");
    }
}

#[test]
fn a_prometheus_that_is_gone_is_not_the_fault_of_other_hops() {
    if absent(&["prometheus"]) {
        return;
    }
    let service = service();
    let mut prometheus = scraping(service.address);
    let watch = Watch::of(service.address).prometheus(&prometheus);
    let canary = watch.flags(&EVERY).start();
    let round = canary.round(1);
    assert!(round.is_good("round"), "{round}");
    canary.is_idle();
    prometheus.process.kill();
    let round = not_good_twice(&canary, "prometheus");
    round.assert_good(&OWN);
    prometheus.restart();
    good_again(&canary, "prometheus");
    for hop in OWN {
        assert_eq!(canary.changes(hop), [""; 0], "{hop}");
    }
}

#[test]
fn a_target_that_is_gone_is_good_again_when_it_is_back() {
    if absent(&["prometheus"]) {
        return;
    }
    let mut service = Service::start_at::<&str>(free_address(), &SERVICE, &[]);
    let prometheus = scraping(service.address);
    let watch = Watch::of(service.address).prometheus(&prometheus);
    let canary = watch.flags(&EVERY).start();
    let round = canary.round(1);
    assert!(round.is_good("round"), "{round}");
    canary.is_idle();
    service.process.kill();
    not_good_twice(&canary, "received");
    let lost = ["metrics", "prometheus"].map(|stage| {
        let count = |name: &str| canary.value(&format!("{name}{{stage=\"{stage}\"}}"));
        count("expected_total") - count("found_total")
    });
    assert_eq!(lost, [0.0, 0.0], "{}", canary.described());
    let _service = Service::start_at::<&str>(service.address, &SERVICE, &[]);
    good_again(&canary, "received");
}
