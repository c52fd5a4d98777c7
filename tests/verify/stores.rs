//! Stores with the API of Prometheus: each is named, judged by its own rules, and a fault in it fails.

use serde_json::{Value, json};

use crate::{
    parts::{Prometheus, Service, VictoriaMetrics, absent, free_address},
    proxy::{Faults, Proxy},
    verify::{UNTIL_ENDED, Verify},
    world::{
        SERVICE, TwoReplicas, job, native_job, prometheus, scraping, service, tried,
        until_accepted, without_buckets,
    },
};

const HOP: &str = "/metrics -> Prometheus";
const PERCENTILE: &str = "Prometheus -> percentile";
const PARTS: [&str; 2] = ["prometheus", "victoria-metrics"];

/// A `VictoriaMetrics` that scrapes by these jobs.
fn victoria_metrics(jobs: &[Value]) -> VictoriaMetrics {
    VictoriaMetrics::scraping(&json!({ "scrape_configs": jobs }).to_string())
}

/// A `VictoriaMetrics` behind the remote write of a Prometheus with this job, and rules for what is written.
fn written(job: &Value, rules: &Value) -> (Prometheus, VictoriaMetrics) {
    let store = VictoriaMetrics::start();
    let url = store.url() + "/api/v1/write";
    let write = json!({
        "url": url, "write_relabel_configs": rules, "send_native_histograms": true,
        "queue_config": {"batch_send_deadline": "1s"},
    });
    let config = json!({"scrape_configs": [job], "remote_write": [write]});
    (Prometheus::start(&config.to_string()), store)
}

fn asking(service: &Service, url: &str) -> Verify {
    Verify::of(service.address).flags(&["--prometheus", url])
}

#[test]
fn victoria_metrics_that_scrapes_by_itself_is_named_and_passes() {
    if absent(&PARTS[1..]) {
        return;
    }
    let service = service();
    let store = victoria_metrics(&[job("httpserver", &[service.address])]);
    let report = asking(&service, &store.url())
        .flags(&["--rate-window", "3s"])
        .run();
    assert_eq!(report.code, 0, "{report}");
    assert_eq!(report.json["store"]["name"], "VictoriaMetrics", "{report}");
    assert_eq!(report.json["store"]["targets"], "listed", "{report}");
    assert!(report.json["store"]["version"].is_string(), "{report}");
    report.expect(HOP, "PASS", &["1 replica of 1 target"]);
    report.expect(PERCENTILE, "PASS", &["equal the formula", "p99 over 3s"]);
    let words = ["VictoriaMetrics has no native histograms", "vmrange"];
    report.expect("native -> percentile", "SKIPPED", &words);
}

#[test]
fn buckets_that_victoria_metrics_drops_are_named() {
    if absent(&PARTS[1..]) {
        return;
    }
    let service = service();
    let mut job = job("httpserver", &[service.address]);
    job["metric_relabel_configs"] = without_buckets();
    let store = victoria_metrics(&[job]);
    let report = asking(&service, &store.url()).run();
    let words = ["are not in VictoriaMetrics", "le=\"0.5\", le=\"1\""];
    report.fails(HOP, &words);
    report.fails_only(&[HOP]);
}

#[test]
fn a_replica_that_begins_in_the_run_has_the_rate_of_victoria_metrics() {
    if absent(&PARTS[1..]) {
        return;
    }
    let (one, later) = (service(), free_address());
    let front = Proxy::start(&[one.address], Faults::default());
    let store = victoria_metrics(&[job("httpserver", &[one.address, later])]);
    let verify = Verify::of(front.address).flags(&["--prometheus", &store.url()]);
    let run = verify.flags(&UNTIL_ENDED).start();
    until_accepted(&one, 30.0);
    let two = Service::start_at::<&str>(later, &SERVICE, &[]);
    front.switch(&[one.address, two.address]);
    let report = run.end_after(60.0, &two);
    assert_eq!(report.code, 0, "{report}");
    report.expect(HOP, "PASS", &["2 replicas of 2 targets"]);
    report.expect(PERCENTILE, "PASS", &["equal the formula"]);
}

#[test]
fn victoria_metrics_behind_remote_write_is_judged_by_its_samples() {
    if absent(&PARTS) {
        return;
    }
    let service = service();
    let (scraper, store) = written(&native_job(&[service.address]), &json!([]));
    let verify = asking(&service, &store.url());
    let report = verify.clone().run();
    assert_eq!(report.code, 0, "{report}");
    assert_eq!(report.json["store"]["targets"], "samples", "{report}");
    report.expect(HOP, "PASS", &["1 replica of 1 target"]);
    report.expect(PERCENTILE, "PASS", &["equal the formula"]);
    assert!(store.has("vmrange!=\"\""), "native histograms were written");
    let words = ["VictoriaMetrics has no native histograms"];
    report.expect("native -> percentile", "SKIPPED", &words);
    let report = verify.flags(&["--scraper", &scraper.url()]).run();
    assert_eq!(report.code, 0, "{report}");
    assert_eq!(report.json["store"]["targets"], "scraper", "{report}");
    report.expect(HOP, "PASS", &["1 replica of 1 target"]);
}

#[test]
fn buckets_that_remote_write_drops_are_named() {
    if absent(&PARTS) {
        return;
    }
    let service = service();
    let job = job("httpserver", &[service.address]);
    let (_scraper, store) = written(&job, &without_buckets());
    let report = asking(&service, &store.url()).run();
    let words = ["are not in VictoriaMetrics", "le=\"0.5\", le=\"1\""];
    report.fails(HOP, &words);
    report.fails_only(&[HOP]);
}

/// A store like Cortex, which has no list of targets.
fn without_targets(prometheus: &Prometheus) -> String {
    let faults = Faults {
        missing: Some("/api/v1/targets"),
        ..Faults::default()
    };
    let front = Proxy::start(&[prometheus.address], faults);
    format!("http://{}", front.address)
}

#[test]
fn without_a_list_of_targets_those_with_samples_are_judged() {
    if absent(&PARTS[..1]) {
        return;
    }
    let TwoReplicas { one, two, front } = TwoReplicas::start();
    let prometheus = prometheus(&[job("httpserver", &[one.address, two.address])]);
    let store = without_targets(&prometheus);
    let verify = Verify::of(front.address).flags(&["--prometheus", &store]);
    let report = verify.clone().run();
    assert_eq!(report.code, 0, "{report}");
    let named = report.json["store"]["name"].as_str().unwrap();
    assert!(named.contains("Cortex"), "{report}");
    report.expect(HOP, "PASS", &["2 replicas of 2 targets"]);
    let report = verify
        .clone()
        .flags(&["--scraper", &prometheus.url()])
        .run();
    assert_eq!(report.code, 0, "{report}");
    assert_eq!(report.json["store"]["targets"], "scraper", "{report}");
    verify
        .flags(&["--scraper", &store])
        .run()
        .is_denied(&["--scraper", "404"]);
}

#[test]
fn without_a_list_of_targets_a_scrape_that_is_due_is_no_loss() {
    if absent(&PARTS[..1]) {
        return;
    }
    let service = service();
    let prometheus = scraping(&service, &json!({"scrape_interval": "20s"}));
    tried(&prometheus, 1.0); // from now on, none is due for 20 s
    let verify = asking(&service, &without_targets(&prometheus));
    let report = verify.flags(&["--duration", "2s", "--wait", "2s"]).run();
    assert_eq!(report.code, 3, "{report}");
    report.expect(HOP, "SKIPPED", &["the scrape interval of", "is unknown"]);
}

#[test]
fn without_a_list_of_targets_dropped_buckets_are_named() {
    if absent(&PARTS[..1]) {
        return;
    }
    let service = service();
    let rules = json!({"metric_relabel_configs": without_buckets()});
    let prometheus = scraping(&service, &rules);
    let report = asking(&service, &without_targets(&prometheus)).run();
    report.fails(HOP, &["are not in Cortex or a similar store", "le=\"0.5\""]);
    report.fails_only(&[HOP]);
}
