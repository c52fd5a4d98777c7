//! SIGTERM, in the middle of a round and between two.

use crate::{
    canary::Watch,
    proxy::{Faults, Proxy},
    world::service,
};

#[test]
fn a_round_in_progress_is_dropped_and_named_and_the_exit_code_is_0() {
    let service = service();
    let heartbeat = Proxy::start(&[service.address], Faults::default());
    let url = format!("http://{}/healthz", heartbeat.address);
    let flags = ["--duration", "30s", "--every", "1m", "--heartbeat", &url];
    let canary = Watch::of(service.address).flags(&flags).start();
    canary.amid(1, &service);
    let status = canary.status();
    assert_eq!(status["rounds"], 0, "{status}");
    let (code, log) = canary.end();
    assert_eq!(code, Some(0), "{log}");
    let dropped = log.lines().filter(|line| line.contains("dropped"));
    let dropped: Vec<_> = dropped.collect();
    assert!(
        matches!(dropped[..], [line] if line.contains("\"rounds\":\"[1]\"")),
        "{log}"
    );
    assert!(!log.contains("not right"), "{log}");
    assert_eq!(heartbeat.passed(), 0);
}

#[test]
fn between_two_rounds_nothing_is_dropped() {
    let service = service();
    let canary = Watch::of(service.address).flags(&["--every", "5m"]).start();
    canary.is_idle();
    let (code, log) = canary.end();
    assert_eq!(code, Some(0), "{log}");
    assert!(!log.contains("dropped"), "{log}");
}
