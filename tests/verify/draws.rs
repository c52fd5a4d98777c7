//! declared -> drawn: wrong seeds, wrong claims, and parents that change on the way.

use crate::{
    proxy::{Mischief, Proxy},
    verify::verify,
    world::{images, metrics, service, service_with},
};

const HOP: &str = "declared -> drawn";

#[test]
fn another_seed_than_is_claimed_is_named_with_the_one_that_is_declared() {
    let service = service();
    let report = verify(&["--target", &images(service.address), "--seed", "8"]);
    report.fails(
        HOP,
        &[
            "120 of 120 delays are those of another claim",
            "declares uniform(0s,2s), seed 7",
            "seed 8",
        ],
    );
    report.fails_only(&[HOP]);
}

#[test]
fn another_delay_than_is_claimed_fails() {
    let service = service();
    let claim = ["--delay", "uniform(0s,3s)"];
    let report = verify(&[&["--target", &images(service.address)], &claim[..]].concat());
    report.fails(
        HOP,
        &[
            "declares uniform(0s,2s), seed 7",
            "claimed is uniform(0s,3s)",
        ],
    );
}

#[test]
fn two_replicas_with_different_seeds_fail_by_name() {
    let one = service();
    let two = crate::parts::Service::start::<&str>(
        &["--seed", "9", "--buckets", "linear(0.1,0.1,20)"],
        &[],
    );
    let front = Proxy::start(&[one.address, two.address], Mischief::default());
    let report = verify(&[
        "--target",
        &images(front.address),
        "--metrics",
        &metrics(one.address),
        "--metrics",
        &metrics(two.address),
    ]);
    let id = two.get("/truth").json()["instance_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let other = one.get("/truth").json()["instance_id"]
        .as_str()
        .unwrap()
        .to_owned();
    report.expect(HOP, "FAIL", &["replica", "declares uniform(0s,2s), seed"]);
    let says = report.says(HOP);
    // The claim is what the first /truth said: whichever of the two that was, the other one is named.
    assert!(says.contains(&id) || says.contains(&other), "{says}");
    let share: u32 = says.split(' ').next().unwrap().parse().unwrap();
    assert!((40..=80).contains(&share), "about a half: {says}");
    report.fails_only(&[HOP]);
}

#[test]
fn a_parent_that_changes_on_the_way_is_no_wrong_seed() {
    let service = service();
    let mischief = Mischief {
        reparent: true,
        ..Mischief::default()
    };
    let front = Proxy::start(&[service.address], mischief);
    let report = verify(&["--target", &images(front.address)]);
    report.fails(HOP, &["120 of 120", "the parent was changed on the way"]);
}

#[test]
fn a_traceparent_that_is_dropped_is_named_as_that() {
    let service = service();
    let mischief = Mischief {
        drop_parent: true,
        ..Mischief::default()
    };
    let front = Proxy::start(&[service.address], mischief);
    let report = verify(&["--target", &images(front.address)]);
    report.fails(
        HOP,
        &["120 of 120", "the traceparent was dropped on the way"],
    );
}

#[test]
fn a_timeout_below_the_longest_delay_truncates_what_is_seen() {
    let service = service_with(&[]);
    let flags = ["--timeout", "1s", "--rate", "60"];
    let report = verify(&[&["--target", &images(service.address)], &flags[..]].concat());
    report.fails(
        HOP,
        &[
            "truncated",
            "drew a delay above --timeout 1s and got no answer",
        ],
    );
    report.expect("ledger", "PASS", &["timeout", "cancelled"]);
}
