//! Thanos Query over one Prometheus, and over two that scrape the same: the view that it deduplicates, and each by itself.

use serde_json::{Value, json};

use crate::{
    parts::{Prometheus, Thanos, absent},
    verify::{Report, Verify},
    world::{job, service, tried, without_buckets},
};

const HOP: &str = "/metrics -> Prometheus";
const PERCENTILE: &str = "Prometheus -> percentile";
const PARTS: [&str; 2] = ["prometheus", "thanos"];

/// A Prometheus with this job and this label.
fn replica(job: &Value, name: &str) -> Prometheus {
    let labels = json!({"external_labels": {"cluster": "test", "replica": name}});
    let config = json!({"global": labels, "scrape_configs": [job]});
    Prometheus::start(&config.to_string())
}

/// Checks a service through Thanos Query over servers that relabel like this.
fn through(relabellings: &[Value]) -> Report {
    let service = service();
    let server = |(rules, name): (&Value, &str)| {
        let mut job = job("httpserver", &[service.address]);
        job["metric_relabel_configs"] = rules.clone();
        replica(&job, name)
    };
    let servers: Vec<_> = relabellings.iter().zip(["a", "b"]).map(server).collect();
    for server in &servers {
        tried(server, 1.0);
    }
    let thanos = Thanos::over(&Vec::from_iter(&servers), "replica");
    let verify = Verify::of(service.address).flags(&["--prometheus", &thanos.url()]);
    verify.flags(&["--rate-window", "3s"]).run()
}

#[test]
fn thanos_over_one_server_is_named_and_passes() {
    if absent(&PARTS) {
        return;
    }
    let report = through(&[json!([])]);
    assert_eq!(report.code, 0, "{report}");
    assert_eq!(report.json["store"]["name"], "Thanos Query", "{report}");
    report.expect(HOP, "PASS", &["1 replica of 1 target"]);
    report.expect(PERCENTILE, "PASS", &["equal the formula"]);
}

#[test]
fn each_of_two_servers_is_judged_exactly_and_the_deduplicated_view_within_one_scrape() {
    if absent(&PARTS) {
        return;
    }
    let report = through(&[json!([]), json!([])]);
    assert_eq!(report.code, 0, "{report}");
    let servers = ["replica=\"a\": ", "replica=\"b\": "];
    report.expect(HOP, "PASS", &servers);
    report.expect(PERCENTILE, "PASS", &servers);
    report.expect(PERCENTILE, "PASS", &["deduplicated: ", "p99 over 3s"]);
    report.expect("ledger", "PASS", &["120 accepted"]);
}

#[test]
fn of_two_servers_the_one_that_drops_buckets_is_named() {
    if absent(&PARTS) {
        return;
    }
    let report = through(&[json!([]), without_buckets()]);
    let words = ["replica=\"b\": ", "are not in Thanos Query", "le=\"0.5\""];
    report.fails(HOP, &words);
    assert!(report.says(HOP).starts_with("replica=\"b\""), "{report}");
}
