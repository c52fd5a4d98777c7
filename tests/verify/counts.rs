//! /metrics -> Prometheus -> percentile: replicas not scraped, scraped twice, scraped too seldom, or incompletely.

use serde_json::json;

use crate::{
    parts::{Prometheus, Service, absent, until},
    proxy::{Faults, Proxy},
    verify::{UNTIL_ENDED, Verify},
    world::{TwoReplicas, id, job, prometheus, scraped, scraping, service, tried, until_accepted},
};

const HOP: &str = "/metrics -> Prometheus";
const PERCENTILE: &str = "Prometheus -> percentile";

#[test]
fn one_of_two_replicas_that_is_not_scraped_is_named() {
    if absent(&["prometheus"]) {
        return;
    }
    let replicas = TwoReplicas::start();
    let prometheus = prometheus(&[job("httpserver", &[replicas.one.address])]);
    tried(&prometheus, 1.0);
    let verify = replicas.verify().prometheus(&prometheus);
    let report = verify.flags(&["--wait", "5s"]).run();
    let (id, own) = (id(&replicas.two), 60);
    let unseen = format!("replica {id} is not scraped: its {own} requests");
    report.fails(HOP, &[&unseen]);
    let lost = format!("{own} of 120 completed requests were lost between /metrics and Prometheus");
    report.fails("ledger", &[&lost]);
    report.has_no_extrapolation();
}

#[test]
fn a_selector_narrows_the_targets_that_are_named() {
    if absent(&["prometheus"]) {
        return;
    }
    let (service, other) = (service(), service());
    let nowhere = "127.0.0.1:1".parse().unwrap();
    let jobs = [
        job("httpserver", &[other.address]),
        job("broken", &[nowhere]),
    ];
    let prometheus = prometheus(&jobs);
    tried(&prometheus, 2.0);
    let verify = Verify::of(service.address).prometheus(&prometheus);
    let verify = verify.flags(&["--wait", "6s"]);
    let report = verify.run();
    report.fails(HOP, &["is not scraped", "job=\"broken\"", "is down"]);
    let narrowed = verify.flags(&["--selector", "job=\"httpserver\""]).run();
    narrowed.fails(HOP, &["is not scraped"]);
    assert!(!narrowed.says(HOP).contains("broken"), "{narrowed}");
}

#[test]
fn one_replica_under_two_jobs_is_counted_twice_though_its_percentiles_agree() {
    if absent(&["prometheus"]) {
        return;
    }
    let service = service();
    let jobs = ["one", "two"].map(|name| job(name, &[service.address]));
    let prometheus = prometheus(&jobs);
    let report = Verify::of(service.address).prometheus(&prometheus).run();
    report.fails(HOP, &["is counted 2 times", "job=\"one\"", "job=\"two\""]);
    report.expect(PERCENTILE, "PASS", &[]);
    report.has_no_extrapolation();
}

#[test]
fn missing_scrapes_in_the_middle_are_a_gap_though_no_count_is_missing() {
    if absent(&["prometheus"]) {
        return;
    }
    let (service, prometheus) = scraped();
    let verify = Verify::of(service.address).prometheus(&prometheus);
    let run = verify.flags(&UNTIL_ENDED).start();
    until_accepted(&service, 20.0);
    prometheus.process.signal("-STOP");
    until_accepted(&service, 130.0); // three scrapes' worth
    prometheus.process.signal("-CONT");
    let report = run.end_after(60.0, &service);
    report.fails(HOP, &["was not scraped for", "the interval is 1 s"]);
    report.fails_only(&[HOP]);
}

#[test]
fn a_sample_limit_that_is_too_small_takes_the_target_down() {
    if absent(&["prometheus"]) {
        return;
    }
    let service = service();
    let prometheus = scraping(&service, &json!({"sample_limit": 10}));
    tried(&prometheus, 1.0);
    let verify = Verify::of(service.address).prometheus(&prometheus);
    let report = verify.flags(&["--wait", "4s"]).run();
    report.fails(HOP, &["is not scraped", "is down", "sample limit exceeded"]);
    report.expect(PERCENTILE, "SKIPPED", &["no observation of the run"]);
}

#[test]
fn a_wait_shorter_than_the_scrape_interval_is_no_difference() {
    if absent(&["prometheus"]) {
        return;
    }
    let service = service();
    let prometheus = scraping(&service, &json!({"scrape_interval": "10s"}));
    // Right after a scrape: the first request and the load lie between it and the next one, which has both.
    let scraped = || prometheus.value("timestamp(up)");
    let before = scraped();
    until("a scrape", || (scraped() > before).then_some(()));
    let verify = Verify::of(service.address).prometheus(&prometheus);
    let report = verify.flags(&["--duration", "2s", "--wait", "4s"]).run();
    assert_eq!(report.code, 3, "{report}");
    report.fails_only(&[]);
    let words = [
        "was not scraped between the first request and the load",
        "--wait",
    ];
    report.expect(HOP, "SKIPPED", &words);
}

#[test]
fn a_bucket_that_relabelling_drops_is_named() {
    if absent(&["prometheus"]) {
        return;
    }
    let service = service();
    let dropped = json!({"source_labels": ["le"], "regex": "0\\.5", "action": "drop"});
    let prometheus = scraping(&service, &json!({"metric_relabel_configs": [dropped]}));
    let report = Verify::of(service.address).prometheus(&prometheus).run();
    report.fails(HOP, &["le=\"0.5\"", "found none"]);
    report.has_no_extrapolation();
}

#[test]
fn two_servers_behind_one_address_are_told_by_their_answers() {
    if absent(&["prometheus"]) {
        return;
    }
    let service = service();
    // A pair with external labels of their own, which scrape at other times; and two with the same labels.
    for (labels, intervals) in [(["a", "b"], ["1s", "1s"]), (["a", "a"], ["1s", "700ms"])] {
        let both = [0, 1].map(|at| {
            let labels = json!({"external_labels": {"replica": labels[at]}});
            let mut job = job("httpserver", &[service.address]);
            job["scrape_interval"] = json!(intervals[at]);
            job["scrape_timeout"] = json!(intervals[at]);
            Prometheus::start(&json!({"global": labels, "scrape_configs": [job]}).to_string())
        });
        of_two_servers(&service, &both);
    }
}

fn of_two_servers(service: &Service, both: &[Prometheus; 2]) {
    for prometheus in both {
        tried(prometheus, 1.0);
    }
    let front = Proxy::start(&[both[0].address, both[1].address], Faults::default());
    let url = format!("http://{}", front.address);
    let verify = Verify::of(service.address).flags(&["--prometheus", &url]);
    let report = verify.run();
    assert_eq!(report.code, 3, "{report}");
    for hop in [HOP, PERCENTILE] {
        let words = [
            &url,
            "answers differ from one query to the next",
            "two servers",
        ];
        report.expect(hop, "SKIPPED", &words);
    }
    report.expect("ledger", "PASS", &[]);
    let report = Verify::of(service.address).prometheus(&both[0]).run();
    report.expect(HOP, "PASS", &["1 replica of 1 target"]);
}

#[test]
fn a_rate_window_shorter_than_two_scrapes_fails() {
    if absent(&["prometheus"]) {
        return;
    }
    let (service, prometheus) = scraped();
    let verify = Verify::of(service.address).prometheus(&prometheus);
    let report = verify.flags(&["--rate-window", "1500ms"]).run();
    let words = "--rate-window 1.5s is shorter than two scrape intervals of 1 s";
    report.fails(PERCENTILE, &[words]);
    report.fails_only(&[PERCENTILE]);
}
