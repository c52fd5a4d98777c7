//! A rollout in the middle of a round: what is declared changes, or a replica ends. The round is not judged, and says why.

use crate::{
    canary::Watch,
    parts::{Service, absent, until},
    world::{SERVICE, behind, scraping, service},
};

const STAGES: [&str; 2] = ["metrics", "prometheus"];

/// In the middle of a round, `roll_out` replaces the service: the round is skipped with these words as the reason, nothing
/// of it is counted, and later rounds are good.
fn is_skipped(words: &str, roll_out: impl FnOnce(&mut Service) -> Service) {
    let (mut old, front) = behind();
    let prometheus = scraping(front.address);
    let watch = Watch::of(front.address).prometheus(&prometheus);
    let flags = ["--duration", "4s", "--every", "14s"];
    let canary = watch.flags(&flags).start();
    let round = canary.round(1);
    assert!(round.is_good("round"), "{round}");
    canary.is_idle();
    let number = canary.amid_next(&old);
    let new = roll_out(&mut old);
    front.switch(&[new.address]);
    let round = canary.round(number);
    assert_eq!(round.verdict(), "skipped", "{round}");
    round.expect("prometheus", &["skipped"], &[words]);
    round.expect("metrics", &["skipped"], &[words]);
    assert_eq!(STAGES.map(|stage| round.stage(stage)), [None; 2], "{round}");
    // The next round may be counted by now: of each there is as much as there should be.
    let of = |name: &str| STAGES.map(|stage| canary.value(&format!("{name}{{stage=\"{stage}\"}}")));
    until("nothing to be lost", || {
        (of("found_total") == of("expected_total")).then_some(())
    });
    assert_eq!(of("duplicate_total"), [0.0; 2], "{round}");
    let skipped = |hop: &str| {
        canary.value(&format!(
            "rounds_total{{hop=\"{hop}\",verdict=\"skipped\"}}"
        ))
    };
    assert_eq!(["prometheus", "round"].map(skipped), [1.0; 2]);
    // Skipped changes nothing.
    assert_eq!(canary.value("hop_ok{hop=\"round\"}"), 1.0);
    let round = canary.next();
    assert!(round.is_good("round"), "{round}");
    assert_eq!(canary.changes("round"), [""; 0]);
}

/// A service with this value of one of the flags.
fn with(flag: &str, value: &'static str) -> Service {
    let mut flags = SERVICE;
    let at = flags.iter().position(|it| *it == flag).unwrap();
    flags[at + 1] = value;
    Service::start::<&str>(&flags, &[])
}

#[test]
fn another_seed_closes_the_round() {
    if absent(&["prometheus"]) {
        return;
    }
    is_skipped("what the service declares changed in the round", |_| {
        with("--seed", "8")
    });
}

#[test]
fn another_delay_closes_the_round() {
    if absent(&["prometheus"]) {
        return;
    }
    is_skipped("what the service declares changed in the round", |_| {
        with("--delay", "uniform(0s,0.1s)")
    });
}

#[test]
fn other_buckets_close_the_round() {
    if absent(&["prometheus"]) {
        return;
    }
    is_skipped("the bucket bounds changed in the round", |_| {
        with("--buckets", "linear(0.04,0.04,8)")
    });
}

#[test]
fn a_replica_that_crashes_and_is_replaced_is_not_a_loss() {
    if absent(&["prometheus"]) {
        return;
    }
    is_skipped("ended in the round, and", |old| {
        let new = service();
        old.process.kill();
        new
    });
}
