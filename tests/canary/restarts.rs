//! Stores that are restarted in the middle of a round: what they have lost is not the fault of the pipeline.

use crate::{
    canary::Watch,
    parts::{Jaeger, absent},
    world::{OWN, scraping, service, traced},
};

const FLAGS: [&str; 4] = ["--duration", "4s", "--every", "9s"];

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
