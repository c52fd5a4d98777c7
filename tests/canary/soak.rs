//! Many rounds: memory stays flat. `make canary-soak`.

use std::env;

use serde_json::json;

use crate::{
    canary::Watch,
    parts::{Jaeger, absent},
    world::{job, prometheus, traced},
};

/// In 6 minutes.
const FIRST: u64 = 50;
const MIB: f64 = 1024.0 * 1024.0;

#[test]
#[ignore = "takes as long as 50 + CANARY_ROUNDS (40) rounds of 7 s"]
fn memory_does_not_grow_with_the_rounds() {
    if absent(&["prometheus", "jaeger"]) {
        return;
    }
    let rounds = env::var("CANARY_ROUNDS").map_or(40, |rounds| rounds.parse().unwrap());
    let jaeger = Jaeger::start();
    let service = traced(&jaeger.environment());
    let mut job = job(service.address);
    (job["scrape_interval"], job["scrape_timeout"]) = (json!("2s"), json!("2s"));
    let prometheus = prometheus(&json!({"scrape_configs": [job]}));
    let flags = ["--every", "7s", "--duration", "300ms", "--rate", "30"];
    let watch = Watch::of(service.address)
        .prometheus(&prometheus)
        .jaeger(&jaeger);
    let canary = watch.flags(&flags).start();
    let resident = || canary.metric("process_resident_memory_bytes") / MIB;
    // A round asks for the samples of the last 5 minutes: until there are as many, each answer is larger than the last one.
    for number in 1..=FIRST {
        canary.round(number);
    }
    let before = resident();
    for number in FIRST + 1..=FIRST + rounds {
        canary.round(number);
    }
    let after = resident();
    println!(
        "{before:.1} MiB after {FIRST} rounds, {after:.1} MiB after {}",
        FIRST + rounds
    );
    assert!(after < before + 4.0, "{before:.1} MiB, then {after:.1} MiB");
}
