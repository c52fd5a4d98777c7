//! Prometheus -> remote: stores behind remote write that have everything, that miss something, and outages.

use serde_json::{Value, json};

use crate::{
    parts::{Gate, Prometheus, Service, VictoriaMetrics, absent, get, until},
    proxy::{Faults, Proxy},
    verify::{Report, UNTIL_ENDED, Verify},
    world::{job, service, tried, until_accepted},
};

const HOP: &str = "Prometheus -> remote";
const PASSES: &str = "with the same time and value; the last could be read there ";

/// A Prometheus that others can write to.
fn receiver() -> Prometheus {
    let config = json!({"storage": {"tsdb": {"out_of_order_time_window": "5m"}}});
    Prometheus::start_with(&config.to_string(), &["--web.enable-remote-write-receiver"])
}

/// A Prometheus that scrapes the service, and writes to this URL what these rules leave.
fn writing(service: &Service, url: &str, rules: &Value) -> Prometheus {
    writing_with(service, url, rules, None)
}

/// The same, with a limit to the age of the samples in the queue.
fn writing_with(service: &Service, url: &str, rules: &Value, age: Option<&str>) -> Prometheus {
    let mut config = json!({
        "global": {"external_labels": {"cluster": "here"}},
        "scrape_configs": [job("httpserver", &[service.address])],
        "remote_write": [{
            "url": url, "write_relabel_configs": rules,
            "queue_config": {"batch_send_deadline": "1s", "min_backoff": "100ms", "max_backoff": "500ms"},
        }],
    });
    if let Some(age) = age {
        config["remote_write"][0]["queue_config"]["sample_age_limit"] = json!(age);
    }
    let prometheus = Prometheus::start(&config.to_string());
    tried(&prometheus, 1.0);
    prometheus
}

fn verify(service: &Service, prometheus: &Prometheus, remote: &str) -> Verify {
    let verify = Verify::of(service.address).prometheus(prometheus);
    verify.flags(&["--remote", remote])
}

#[test]
fn a_store_that_has_every_sample_passes_with_its_lag() {
    if absent(&["prometheus", "victoria-metrics"]) {
        return;
    }
    let service = service();
    let (prometheus, victoria) = (receiver(), VictoriaMetrics::start());
    for (write, read) in [
        (prometheus.url() + "/api/v1/write", prometheus.url()),
        (victoria.url() + "/api/v1/write", victoria.url()),
    ] {
        let writer = writing(&service, &write, &json!([]));
        let report = verify(&service, &writer, &read).run();
        assert_eq!(report.code, 0, "{report}");
        report.expect(HOP, "PASS", &[PASSES]);
    }
}

#[test]
fn what_write_relabelling_drops_and_renames_is_named() {
    if absent(&["prometheus"]) {
        return;
    }
    let (service, store) = (service(), receiver());
    let rules = json!([
        {"source_labels": ["le"], "regex": "0\\.5", "action": "drop"},
        {"source_labels": ["__name__"], "regex": "cloudnative_requests_accepted_total", "target_label": "__name__", "replacement": "accepted_total"},
    ]);
    let writer = writing(&service, &(store.url() + "/api/v1/write"), &rules);
    let flags = ["--wait", "6s"];
    let report = verify(&service, &writer, &store.url()).flags(&flags).run();
    let words = [
        "4 of ",
        "does write_relabel_configs drop or rename them?",
        "le=\"0.5\"",
        "cloudnative_requests_accepted_total{",
        "Prometheus dropped ",
    ];
    report.fails(HOP, &words);
    report.fails_only(&[HOP]);
}

#[test]
fn an_outage_that_heals_is_no_loss_and_one_that_does_not_is_one() {
    if absent(&["prometheus"]) {
        return;
    }
    for heals in [true, false] {
        let (service, store) = (service(), receiver());
        let gate = Gate::start(store.address);
        let writer = writing(&service, &gate.url("/api/v1/write"), &json!([]));
        let wait = if heals { "40s" } else { "8s" };
        let verify = verify(&service, &writer, &store.url());
        let run = verify.flags(&UNTIL_ENDED).flags(&["--wait", wait]).start();
        until_accepted(&service, 60.0);
        gate.set_open(false);
        until_accepted(&service, 150.0);
        gate.set_open(heals);
        let report = run.end_after(60.0, &service);
        if heals {
            assert_eq!(report.code, 0, "{report}");
            report.expect(HOP, "PASS", &[PASSES]);
        } else {
            report.fails(HOP, &["samples are not in Prometheus after 8s"]);
            report.fails_only(&[HOP]);
        }
    }
}

#[test]
fn samples_that_the_queue_drops_are_named_with_its_own_count() {
    if absent(&["prometheus"]) {
        return;
    }
    let (service, store) = (service(), receiver());
    let gate = Gate::start(store.address);
    let write = gate.url("/api/v1/write");
    let writer = writing_with(&service, &write, &json!([]), Some("1s"));
    let verify = verify(&service, &writer, &store.url());
    let run = verify.flags(&UNTIL_ENDED).flags(&["--wait", "8s"]).start();
    until_accepted(&service, 60.0);
    gate.set_open(false);
    until_accepted(&service, 150.0);
    gate.set_open(true);
    let dropped = || {
        let page = get(writer.address, "/metrics").unwrap().body;
        let dropped = |line: &&str| {
            line.starts_with("prometheus_remote_storage_samples_dropped_total")
                && line.contains("too_old")
        };
        let line = page.lines().find(dropped)?;
        let count: f64 = line.rsplit(' ').next()?.parse().ok()?;
        (count > 0.0).then_some(())
    };
    until("samples to be dropped", dropped);
    let report = run.end_after(60.0, &service);
    report.fails(HOP, &["samples are not in Prometheus after 8s"]);
    report.fails(HOP, &["by its own metrics, Prometheus dropped"]);
    report.fails_only(&[HOP]);
}

/// A run in which the service ends, with this store behind Prometheus, which is read at this URL.
fn with_an_end(mut service: Service, write: &str, read: &str) -> Report {
    let writer = writing(&service, write, &json!([]));
    let verify = verify(&service, &writer, read);
    let run = verify.flags(&["--duration", "6s", "--wait", "10s"]).start();
    until_accepted(&service, 60.0);
    service.process.kill();
    run.end()
}

#[test]
fn series_that_end_are_marked_as_stale_in_the_store_too() {
    if absent(&["prometheus", "victoria-metrics"]) {
        return;
    }
    let (receiver, victoria) = (receiver(), VictoriaMetrics::start());
    for (write, read) in [
        (receiver.url() + "/api/v1/write", receiver.url()),
        (victoria.url() + "/api/v1/write", victoria.url()),
    ] {
        let report = with_an_end(service(), &write, &read);
        let words = [PASSES, "ended in the run, marked as stale in both"];
        report.expect(HOP, "PASS", &words);
    }
    // A store that still returns one.
    let service = service();
    let instance = service.address.to_string();
    let rewrite = move |path: &str, body: String| {
        if !path.contains("query=%7B__name__") || path.contains("ms%5D") {
            return body;
        }
        let mut answer: Value = serde_json::from_str(&body).unwrap();
        let labels = json!({"__name__": "cloudnative_requests_accepted_total", "job": "httpserver", "cluster": "here", "instance": instance});
        answer["data"]["result"] = json!([{"metric": labels, "value": [0, "1"]}]);
        answer.to_string()
    };
    let faults = Faults {
        rewrite: Some(Box::new(rewrite)),
        ..Faults::default()
    };
    let front = Proxy::start(&[receiver.address], faults);
    let read = format!("http://{}", front.address);
    let report = with_an_end(service, &(receiver.url() + "/api/v1/write"), &read);
    let words = [
        "1 of ",
        "series that ended in the run are not marked as stale",
        "accepted_total",
    ];
    report.fails(HOP, &words);
}

#[test]
fn another_store_is_not_taken_for_a_loss() {
    if absent(&["prometheus"]) {
        return;
    }
    let (service, store) = (service(), receiver());
    let writer = writing(&service, "http://127.0.0.1:1/api/v1/write", &json!([]));
    let verify = |remote: &str| {
        let flags = ["--duration", "2s", "--wait", "5s"];
        verify(&service, &writer, remote).flags(&flags).run()
    };
    let report = verify(&store.url());
    assert_eq!(report.code, 3, "{report}");
    let words = [
        "has no sample of the run",
        "is it the store that Prometheus writes to",
    ];
    report.expect(HOP, "SKIPPED", &words);
    verify("http://127.0.0.1:1").is_denied(&["--remote"]);
}
