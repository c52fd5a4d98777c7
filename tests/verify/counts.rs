//! /metrics -> Prometheus -> percentile: replicas not scraped, scraped twice, scraped too seldom, or not in whole.

use serde_json::json;

use crate::{
    parts::absent,
    proxy::{Mischief, Proxy},
    verify::{start, verify},
    world::{images, job, metrics, prometheus, service, tried},
};

const HOP: &str = "/metrics -> Prometheus";

#[test]
fn one_of_two_replicas_that_is_not_scraped_is_named() {
    if absent(&["prometheus"]) {
        return;
    }
    let (one, two) = (service(), service());
    let front = Proxy::start(&[one.address, two.address], Mischief::default());
    let prometheus = prometheus(&[job("httpserver", &[one.address])]);
    tried(&prometheus, 1.0);
    let report = verify(&[
        "--target",
        &images(front.address),
        "--metrics",
        &metrics(one.address),
        "--metrics",
        &metrics(two.address),
        "--prometheus",
        &prometheus.url(),
        "--wait",
        "5s",
    ]);
    let truth = two.get("/truth").json();
    let id = truth["instance_id"].as_str().unwrap();
    let own = two.metric("cloudnative_requests_accepted_total");
    let unseen = format!("replica {id} is not scraped: its {own} requests");
    report.fails(HOP, &[&unseen]);
    let lost = format!("{own} of 120 completed requests were lost between /metrics and Prometheus");
    report.fails("ledger", &[&lost]);
}

#[test]
fn one_replica_under_two_jobs_is_counted_twice_though_its_percentiles_agree() {
    if absent(&["prometheus"]) {
        return;
    }
    let service = service();
    let jobs = [
        job("one", &[service.address]),
        job("two", &[service.address]),
    ];
    let prometheus = prometheus(&jobs);
    let report = verify(&[
        "--target",
        &images(service.address),
        "--prometheus",
        &prometheus.url(),
    ]);
    report.fails(HOP, &["is counted 2 times", "job=\"one\"", "job=\"two\""]);
    report.expect("Prometheus -> percentile", "PASS", &[]);
}

#[test]
fn scrapes_that_are_missing_in_the_middle_are_a_gap_though_no_count_is() {
    if absent(&["prometheus"]) {
        return;
    }
    let service = service();
    let prometheus = prometheus(&[job("httpserver", &[service.address])]);
    let (target, url) = (images(service.address), prometheus.url());
    let run = start(&[
        "--target",
        &target,
        "--prometheus",
        &url,
        "--duration",
        "6s",
    ]);
    crate::parts::until("the run to begin", || {
        (service.metric("cloudnative_requests_accepted_total") > 20.0).then_some(())
    });
    prometheus.process.signal("-STOP");
    crate::parts::until("three scrapes' worth of requests", || {
        (service.metric("cloudnative_requests_accepted_total") > 130.0).then_some(())
    });
    prometheus.process.signal("-CONT");
    let report = run.end();
    report.fails(HOP, &["was not scraped for", "the interval is 1 s"]);
    report.fails_only(&[HOP]);
}

#[test]
fn a_sample_limit_that_is_too_small_takes_the_target_down() {
    if absent(&["prometheus"]) {
        return;
    }
    let service = service();
    let mut job = job("httpserver", &[service.address]);
    job["sample_limit"] = json!(10);
    let prometheus = prometheus(&[job]);
    tried(&prometheus, 1.0);
    let flags = ["--prometheus", &prometheus.url(), "--wait", "4s"];
    let report = verify(&[&["--target", &images(service.address)], &flags[..]].concat());
    report.fails(HOP, &["is not scraped", "is down", "sample limit exceeded"]);
    report.expect(
        "Prometheus -> percentile",
        "SKIPPED",
        &["no observation of the run"],
    );
}

#[test]
fn a_bucket_that_relabelling_drops_is_named() {
    if absent(&["prometheus"]) {
        return;
    }
    let service = service();
    let mut job = job("httpserver", &[service.address]);
    job["metric_relabel_configs"] = json!([
        {"source_labels": ["le"], "regex": "0\\.5", "action": "drop"},
    ]);
    let prometheus = prometheus(&[job]);
    let report = verify(&[
        "--target",
        &images(service.address),
        "--prometheus",
        &prometheus.url(),
    ]);
    report.fails(HOP, &["le=\"0.5\"", "none found"]);
}

#[test]
fn a_rate_window_shorter_than_two_scrapes_fails() {
    if absent(&["prometheus"]) {
        return;
    }
    let service = service();
    let prometheus = prometheus(&[job("httpserver", &[service.address])]);
    let flags = ["--prometheus", &prometheus.url(), "--rate-window", "1500ms"];
    let report = verify(&[&["--target", &images(service.address)], &flags[..]].concat());
    report.fails(
        "Prometheus -> percentile",
        &["--rate-window 1.5s is shorter than two scrapes of 1 s"],
    );
    report.fails_only(&["Prometheus -> percentile"]);
}
