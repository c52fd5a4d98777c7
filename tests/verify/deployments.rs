//! /metrics -> Prometheus: other deployments beside, scrapes that are due, and series that relabelling drops or renames.

use std::{
    net::SocketAddr,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    thread,
};

use serde_json::{Value, json};

use crate::{
    parts::{Prometheus, Service, absent, get},
    verify::{Report, Verify},
    world::{
        TwoReplicas, accepted, id, job, prometheus, scraping, service, service_with, traced, tried,
        until_accepted,
    },
};

const HOP: &str = "/metrics -> Prometheus";
const PERCENTILE: &str = "Prometheus -> percentile";

/// Runs with requests of another client beside those of the run.
fn beside_traffic(to: SocketAddr, verify: &Verify) -> Report {
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Relaxed) {
                let _ = get(to, "/images?delay=constant(30ms)");
            }
        });
        let report = verify.run();
        is_over.store(true, Relaxed);
        report
    })
}

/// A service and a Prometheus that relabels its series like this.
fn relabelled(rules: &Value) -> (Service, Verify, Prometheus) {
    let service = service();
    let prometheus = scraping(&service, &json!({"metric_relabel_configs": rules}));
    tried(&prometheus, 1.0);
    let verify = Verify::of(service.address).prometheus(&prometheus);
    (service, verify, prometheus)
}

/// A Prometheus that scrapes two deployments.
fn scraping_both(service: &Service, staging: &Service) -> Prometheus {
    let jobs = [
        job("httpserver", &[service.address]),
        job("staging", &[staging.address]),
    ];
    let prometheus = prometheus(&jobs);
    tried(&prometheus, 2.0);
    prometheus
}

fn drop_names(regex: &str) -> Value {
    json!([{"source_labels": ["__name__"], "regex": regex, "action": "drop"}])
}

#[test]
fn another_deployment_in_the_same_prometheus_changes_nothing() {
    if absent(&["prometheus"]) {
        return;
    }
    let (service, staging) = (service(), service_with(&["--delay", "constant(3s)"]));
    let prometheus = scraping_both(&service, &staging);
    let verify = Verify::of(service.address).prometheus(&prometheus);
    let report = beside_traffic(staging.address, &verify);
    assert_eq!(report.code, 0, "{report}");
    report.expect(
        HOP,
        "PASS",
        &["1 replica of 1 target", "job=\"staging\"", "not judged"],
    );
    report.expect(PERCENTILE, "PASS", &[]);
    report.expect("ledger", "PASS", &["120 accepted = 120 completed"]);
    let p99 = report.json["percentiles"][3]["reported"].as_f64().unwrap();
    assert!(p99 <= 2.0, "{report}");
    let narrowed = verify
        .clone()
        .flags(&["--selector", "job=\"httpserver\""])
        .run();
    assert_eq!(narrowed.code, 0, "{narrowed}");
    assert!(!narrowed.says(HOP).contains("staging"), "{narrowed}");
}

#[test]
fn a_restart_in_another_deployment_changes_nothing() {
    if absent(&["prometheus"]) {
        return;
    }
    let (service, mut staging) = (service(), service());
    let prometheus = scraping_both(&service, &staging);
    let run = Verify::of(service.address).prometheus(&prometheus).start();
    until_accepted(&service, 20.0);
    staging.process.kill();
    let report = run.end();
    assert_eq!(report.code, 0, "{report}");
    report.expect(HOP, "PASS", &["1 replica of 1 target"]);
}

#[test]
fn a_scrape_that_is_due_is_no_loss() {
    if absent(&["prometheus"]) {
        return;
    }
    let service = service();
    let prometheus = scraping(&service, &json!({"scrape_interval": "20s"}));
    tried(&prometheus, 1.0); // from now on, none is due for 20 s
    let verify = Verify::of(service.address).prometheus(&prometheus);
    let verify = verify.flags(&["--duration", "2s"]);
    let report = verify.clone().flags(&["--wait", "2s"]).run();
    assert_eq!(report.code, 3, "{report}");
    for hop in [HOP, PERCENTILE, "ledger"] {
        report.expect(
            hop,
            "SKIPPED",
            &["the scrape interval is 20 s", "--wait 45s would do"],
        );
    }
    let report = verify.flags(&["--wait", "45s"]).run();
    assert_eq!(report.code, 0, "{report}");
    report.expect(HOP, "PASS", &["1 replica of 1 target"]);
}

#[test]
fn a_dropped_target_info_is_named_and_the_replica_is_still_judged() {
    if absent(&["prometheus"]) {
        return;
    }
    for names in ["target_info", "target_info|process_start_time_seconds"] {
        let (_service, verify, _prometheus) = relabelled(&drop_names(names));
        let report = verify.run();
        assert_eq!(report.code, 0, "{names}: {report}");
        let words = [
            "1 replica of 1 target",
            "no target_info with a service_instance_id",
        ];
        report.expect(HOP, "PASS", &words);
        report.expect(PERCENTILE, "PASS", &[]);
    }
}

#[test]
fn replicas_that_nothing_tells_apart_are_skipped_with_the_reason() {
    if absent(&["prometheus"]) {
        return;
    }
    let (service, verify, _prometheus) =
        relabelled(&drop_names("target_info|process_start_time_seconds"));
    let report = beside_traffic(service.address, &verify);
    assert_eq!(report.code, 3, "{report}");
    let words = "no target_info with a service_instance_id names replica";
    report.expect(HOP, "SKIPPED", &[words, &id(&service)]);
    assert!(!report.to_string().contains("not scraped"), "{report}");
}

#[test]
fn labels_that_the_application_may_set_do_not_hide_it() {
    if absent(&["prometheus"]) {
        return;
    }
    let attributes = [("OTEL_RESOURCE_ATTRIBUTES", "job=j,instance=i".to_owned())];
    let service = traced(&attributes);
    let prometheus = scraping(&service, &json!({"honor_labels": true}));
    let report = Verify::of(service.address).prometheus(&prometheus).run();
    assert_eq!(report.code, 0, "{report}");
    report.expect(HOP, "PASS", &["1 replica of 1 target"]);
}

#[test]
fn a_dropped_ledger_counter_is_named_and_the_rest_is_judged() {
    if absent(&["prometheus"]) {
        return;
    }
    let name = "cloudnative_requests_accepted_total";
    let (_service, verify, _prometheus) = relabelled(&drop_names(name));
    let report = verify.run();
    assert_eq!(report.code, 0, "{report}");
    report.expect(
        HOP,
        "WARN",
        &["1 replica of 1 target", name, "is not in Prometheus"],
    );
    report.expect(PERCENTILE, "PASS", &[]);
    report.expect("ledger", "PASS", &[]);
}

#[test]
fn a_dropped_instance_label_does_not_lose_requests() {
    if absent(&["prometheus"]) {
        return;
    }
    let rules = json!([{"regex": "instance", "action": "labeldrop"}]);
    let (_service, verify, _prometheus) = relabelled(&rules);
    let report = verify.run();
    assert_eq!(report.code, 0, "{report}");
    report.expect(HOP, "PASS", &["1 replica of 1 target"]);
}

#[test]
fn a_renamed_metric_is_named_with_its_new_name() {
    if absent(&["prometheus"]) {
        return;
    }
    let rules = json!([{
        "source_labels": ["__name__"], "regex": "(cloudnative_.*)", "target_label": "__name__",
        "replacement": "app_$1",
    }]);
    let (_service, verify, _prometheus) = relabelled(&rules);
    let report = verify.run();
    let new = "app_cloudnative_execution_latency_seconds";
    report.fails(
        HOP,
        &["no series named cloudnative_execution_latency_seconds", new],
    );
    report.fails_only(&[HOP]);
    let says = report.to_string();
    assert!(
        !says.contains("not scraped") && !says.contains("lost"),
        "{says}"
    );
}

#[test]
fn dropped_series_fail_whatever_the_traffic() {
    if absent(&["prometheus"]) {
        return;
    }
    for (rules, words) in [
        (
            json!([{"source_labels": ["step"], "regex": "total", "action": "drop"}]),
            "cloudnative_execution_latency_seconds_bucket{step=\"total\"}",
        ),
        (
            json!([{"source_labels": ["le"], "regex": "0\\.5|1\\.0", "action": "drop"}]),
            "with le=\"0.5\", le=\"1\"",
        ),
        (
            drop_names(".*_latency_seconds_(count|sum)"),
            "cloudnative_execution_latency_seconds_count{step=\"total\"}",
        ),
    ] {
        let (service, verify, _prometheus) = relabelled(&rules);
        let report = beside_traffic(service.address, &verify);
        report.fails(HOP, &["are not in Prometheus", words]);
        report.has_no_extrapolation();
    }
}

#[test]
fn a_replica_with_other_bounds_is_named_beside_other_traffic() {
    if absent(&["prometheus"]) {
        return;
    }
    let other = Service::start::<&str>(
        &["--seed", "7", "--buckets", "exponential(0.001,2,15)"],
        &[],
    );
    let replicas = TwoReplicas::of(service(), other);
    let targets = [replicas.one.address, replicas.two.address];
    let prometheus = prometheus(&[job("httpserver", &targets)]);
    tried(&prometheus, 2.0);
    let verify = replicas.verify().prometheus(&prometheus);
    let report = beside_traffic(replicas.one.address, &verify);
    report.fails(
        HOP,
        &[
            "have other bounds",
            "15: 0.001, 0.002",
            "20: 0.1, 0.2",
            "sums by le",
        ],
    );
    report.expect(PERCENTILE, "SKIPPED", &["have other bounds"]);
    report.has_no_extrapolation();
    assert!(accepted(&replicas.two) > 0.0);
}
