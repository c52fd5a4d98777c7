//! declared -> drawn: wrong seeds, wrong claims, and parents that change on the way.

use crate::{
    parts::Service,
    proxy::Faults,
    verify::Verify,
    world::{TwoReplicas, behind, id, metrics, service, service_with},
};

const HOP: &str = "declared -> drawn";

#[test]
fn a_seed_other_than_the_claimed_one_is_named() {
    let service = service();
    let report = Verify::of(service.address).flags(&["--seed", "8"]).run();
    report.fails(
        HOP,
        &[
            "120 of 120 delays fit another claim",
            "declares uniform(0s,2s), seed 7",
            "seed 8",
        ],
    );
    report.fails_only(&[HOP]);
}

#[test]
fn a_delay_other_than_the_claimed_one_fails() {
    let service = service();
    let verify = Verify::of(service.address).flags(&["--delay", "uniform(0s,3s)"]);
    let words = "declares uniform(0s,2s), seed 7; the claim is uniform(0s,3s)";
    verify.run().fails(HOP, &[words]);
}

#[test]
fn a_claim_names_truth_only_where_it_was_read() {
    let hidden = |path: &str, body: String| match path {
        "/truth" => "not here".to_owned(),
        _ => body,
    };
    let (_service, front) = behind(Faults {
        rewrite: Some(Box::new(hidden)),
        ..Faults::default()
    });
    let verify = Verify::of(front.address).flags(&["--delay", "uniform(0s,2s)"]);
    for (flags, by, words) in [
        (
            &[][..],
            "--delay",
            "not recomputed because the seed is unknown",
        ),
        (&["--seed", "7"], "--delay and --seed", "all equal"),
    ] {
        let report = verify.clone().flags(flags).run();
        assert_eq!(report.json["claim"]["by"], by, "{report}");
        report.expect(HOP, "PASS", &[words]);
    }
    let report = Verify::of(front.address).run();
    assert_eq!(report.code, 3, "{report}");
    assert!(
        report.stderr.contains("give --delay and --seed"),
        "{report}"
    );
}

#[test]
fn an_unbounded_delay_that_is_claimed_as_it_was_declared_passes() {
    for delay in [
        "exponential(20ms)",
        "mix(0.9:lognormal(p50=5ms,p99=50ms),0.1:constant(30ms))",
    ] {
        let service = service_with(&["--delay", delay]);
        let verify = Verify::of(service.address).flags(&["--delay", delay, "--seed", "7"]);
        verify.run().expect(HOP, "PASS", &["all equal"]);
        let report = verify.flags(&["--max-delay", "10ms"]).run();
        report.fails(HOP, &["the claim is capped(", ",10ms)"]);
    }
}

#[test]
fn two_replicas_with_different_seeds_fail_by_name() {
    let flags = ["--seed", "9", "--buckets", "linear(0.1,0.1,20)"];
    let replicas = TwoReplicas::of(service(), Service::start::<&str>(&flags, &[]));
    let report = replicas.verify().run();
    report.expect(HOP, "FAIL", &["replica", "declares uniform(0s,2s), seed"]);
    let says = report.says(HOP);
    // The claim is that of whichever replica answered /truth: the other one is named.
    let ids = [&replicas.one, &replicas.two].map(id);
    assert!(ids.iter().any(|id| says.contains(id)), "{says}");
    let share: u32 = says.split(' ').next().unwrap().parse().unwrap();
    assert!((40..=80).contains(&share), "about a half: {says}");
    report.fails_only(&[HOP]);
}

#[test]
fn a_replica_with_another_namespace_is_named_before_the_load() {
    let other = service_with(&["--namespace", "other"]);
    let url = metrics(other.address);
    let replicas = TwoReplicas::of(service(), other);
    let words = [
        "--metrics",
        &url,
        "cloudnative_requests_accepted_total (there is other_requests_accepted_total",
    ];
    replicas.verify().run().is_denied(&words);
}

#[test]
fn a_parent_that_changes_on_the_way_is_not_a_wrong_seed() {
    let (_service, front) = behind(Faults {
        reparent: true,
        ..Faults::default()
    });
    let report = Verify::of(front.address).run();
    report.fails(HOP, &["120 of 120", "the parent id was changed on the way"]);
}

#[test]
fn a_dropped_traceparent_is_named() {
    let (_service, front) = behind(Faults {
        drop_parent: true,
        ..Faults::default()
    });
    let report = Verify::of(front.address).run();
    let words = "the traceparent was dropped on the way";
    report.fails(HOP, &["120 of 120", words]);
}

#[test]
fn a_timeout_below_the_longest_delay_truncates_the_sample() {
    let service = service();
    let verify = Verify::of(service.address).flags(&["--timeout", "1s", "--rate", "60"]);
    let report = verify.run();
    let words = "drew a delay above --timeout 1s and got no answer";
    report.fails(HOP, &["truncated", words]);
    report.expect("ledger", "PASS", &["timeout", "cancelled"]);
}
