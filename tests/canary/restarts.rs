//! Stores that are restarted in the middle of a round: what they have lost is not the fault of the pipeline.

use serde_json::json;

use crate::{
    canary::{Round, Watch},
    parts::{Collector, Jaeger, absent},
    world::{OWN, scraping, service, traced},
};

const FLAGS: [&str; 4] = ["--duration", "4s", "--every", "12s"];

#[test]
fn a_prometheus_that_is_restarted_in_a_round_is_not_a_loss() {
    if absent(&["prometheus"]) {
        return;
    }
    let service = service();
    let mut prometheus = scraping(service.address);
    let watch = Watch::of(service.address).prometheus(&prometheus);
    let canary = watch.flags(&FLAGS).start();
    let round = canary.round(1);
    assert!(round.is_good("round"), "{round}");
    let number = canary.amid_next(&service);
    prometheus.restart();
    let round = canary.round(number);
    round.assert_good(&OWN);
    for hop in ["prometheus", "percentile", "native", "exemplars"] {
        assert_ne!(round.of(hop), "fail", "{hop}: {round}");
    }
    let round = canary.next();
    assert!(round.is_good("round"), "{round}");
}

#[test]
fn a_store_of_traces_that_is_restarted_in_a_round_is_not_a_loss() {
    if absent(&["jaeger"]) {
        return;
    }
    let mut jaeger = Jaeger::start();
    let service = traced(&jaeger.environment());
    let watch = Watch::of(service.address).jaeger(&jaeger);
    let canary = watch.flags(&FLAGS).start();
    let round = canary.round(1);
    assert!(round.is_good("round"), "{round}");
    let number = canary.amid_next(&service);
    jaeger.restart();
    let round = canary.round(number);
    round.assert_good(&OWN);
    let reason = "the store of the traces has lost traces that it had: was it restarted";
    round.expect("traces", &["skipped"], &[reason]);
    assert_eq!(round.stage("traces"), None, "{round}");
    let round = canary.next();
    assert!(round.is_good("round"), "{round}");
}

#[test]
fn a_restart_does_not_explain_what_is_lost_afterwards() {
    if absent(&["otelcol", "jaeger"]) {
        return;
    }
    let mut jaeger = Jaeger::start();
    let mut collector = Collector::to(jaeger.grpc, &json!({}));
    let service = traced(&collector.environment("grpc"));
    let watch = Watch::of(service.address).jaeger(&jaeger);
    let canary = watch.flags(&["--deadline", "5s", "--every", "10s"]).start();
    let round = canary.round(1);
    assert!(round.is_good("round"), "{round}");
    canary.is_idle();
    collector.process.kill();
    jaeger.restart();
    let is_noticed = |round: &Round| ["fail", "unreachable"].contains(&round.of("traces"));
    canary.next_that("notices it", is_noticed);
}
