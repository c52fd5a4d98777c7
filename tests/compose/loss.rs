//! Kills parts of the pipeline under load: no request fails, `verify` names the hop, and everything recovers.

use std::{thread::sleep, time::Duration};

use serde_json::Value;

use crate::{
    data,
    stack::{Stack, Verdict},
};

/// How long a part is down: more than two scrapes.
const OUTAGE: Duration = Duration::from_secs(12);

/// Requests, of 1,500 in all, to wait for before the part is killed: some have passed through it by then.
const IN_THE_MIDDLE: u64 = 400;

/// The hops of `verify` that may fail without this part.
fn hops(part: &str) -> &'static [&'static str] {
    match part {
        "prometheus" => &["prometheus"],
        _ => &["jaeger"],
    }
}

pub(crate) fn of_a_part_is_reported_and_recovers(stack: &Stack, part: &str) {
    let before = stack.accepted();
    let running = stack.start_verify("30s", &["--wait=20s"]); // for data that will not arrive
    stack.wait_until_accepted(before + IN_THE_MIDDLE);
    stack.compose(&["kill", part]);
    sleep(OUTAGE);
    stack.up(&["--scale", "load=0"]);
    let verdict = Verdict::of(running);
    let failed: Vec<_> = verdict
        .said
        .lines()
        .filter(|line| line.starts_with("FAIL"))
        .collect();
    assert_eq!(verdict.code, Some(1), "without {part}: {}", verdict.said);
    assert!(!failed.is_empty(), "without {part}: {}", verdict.said);
    for line in failed {
        let named = hops(part)
            .iter()
            .any(|hop| line.to_lowercase().contains(hop));
        assert!(
            named,
            "without {part}, another hop failed: {}",
            verdict.said
        );
    }
    stack.verify(&[]).passes(&format!("after {part} came back"));
}

/// A deployment uses `stop`: accepted requests get a response, later ones do not; and Prometheus has counted each response.
pub(crate) async fn of_nothing_when_stopped_under_load(stack: &Stack) {
    let load = ["load", "--rate=50", "--duration=10s", "--output=json"];
    let before = stack.accepted();
    let running = stack.start("load", &load);
    stack.wait_until_accepted(before + 200);
    stack.compose(&["stop", "httpserver"]);
    let accepted =
        r#"sum(last_over_time(cloudnative_requests_accepted_total{job="httpserver"}[20s]))"#;
    let accepted = data::value(stack, accepted).await;
    let output = running.wait_with_output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let answered = report["answered"].as_f64().unwrap();
    assert!(answered > 100.0, "{report:#}");
    for (kind, failed) in report["failures"].as_object().unwrap() {
        // A connection to an address that is no longer on the network times out; while the last scrape is waited for, it
        // is closed.
        let late = ["connect", "resolve", "timeout", "reset"].contains(&kind.as_str());
        assert!(late, "lost in flight, {kind}: {failed}; {report:#}");
    }
    let logs = stack.compose(&["logs", "--no-color", "httpserver"]);
    assert!(
        logs.contains("every request in flight was answered"),
        "{logs}"
    );
    assert!(logs.contains("the last answers were scraped"), "{logs}");
    assert_eq!(accepted - before as f64, answered, "{report:#}");
}
