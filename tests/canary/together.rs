//! Two canaries at one target.

use crate::{
    canary::Watch,
    parts::{Jaeger, absent},
    world::{scraping, traced},
};

#[test]
fn two_canaries_on_one_target_are_both_good() {
    if absent(&["prometheus", "jaeger"]) {
        return;
    }
    let jaeger = Jaeger::start();
    let service = traced(&jaeger.environment());
    let prometheus = scraping(service.address);
    let watch = Watch::of(service.address)
        .prometheus(&prometheus)
        .jaeger(&jaeger)
        .flags(&["--duration", "2s", "--every", "8s"]);
    let both = [watch.start(), watch.start()];
    for number in 1..=2 {
        for canary in &both {
            let round = canary.round(number);
            assert!(round.is_good("round"), "{round}");
            assert_eq!(round.stage("traces"), Some([20, 20, 0]), "{round}");
            assert_eq!(round.stage("prometheus"), Some([20, 20, 0]), "{round}");
        }
    }
}
