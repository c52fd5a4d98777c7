//! What is healthy raises no alarm.

use crate::{
    parts::{Collector, Jaeger, absent},
    proxy::{Mischief, Proxy},
    verify::{command, start, verify},
    world::{images, job, metrics, prometheus, service, service_with, traced},
};

#[test]
fn a_healthy_pipeline_passes_every_hop() {
    if absent(&["prometheus", "otelcol", "jaeger"]) {
        return;
    }
    let jaeger = Jaeger::start();
    let collector = Collector::to_jaeger(jaeger.grpc);
    let service = traced(&collector.environment("grpc"));
    let prometheus = prometheus(&[job("httpserver", &[service.address])]);
    let report = verify(&[
        "--target",
        &images(service.address),
        "--prometheus",
        &prometheus.url(),
        "--jaeger",
        &jaeger.url(),
        "--rate-window",
        "3s",
        "--exclusive",
        "--require-all",
    ]);
    assert_eq!(report.code, 0, "{report}");
    assert_eq!(report.json["verdict"], "PASS", "{report}");
    let hops = report.json["hops"].as_array().unwrap();
    assert_eq!(hops.len(), 8, "{report}");
    assert!(hops.iter().all(|hop| hop["verdict"] == "PASS"), "{report}");
    report.expect("span -> Jaeger", "PASS", &["120 of 120 sampled traces"]);
    report.expect(
        "Prometheus -> percentile",
        "PASS",
        &["p99 over 3s", "by chance"],
    );
    for row in report.json["percentiles"].as_array().unwrap() {
        let part = |name: &str| row["error"][name].as_f64().unwrap();
        let parts: f64 = ["sampling", "clock", "bucket", "extrapolation"]
            .map(part)
            .iter()
            .sum();
        let error = row["reported"].as_f64().unwrap() - row["truth"].as_f64().unwrap();
        assert!(
            (parts - error).abs() < 1e-9,
            "the parts are the error: {report}"
        );
    }
}

#[test]
fn two_replicas_behind_one_address_are_told_apart() {
    if absent(&["prometheus"]) {
        return;
    }
    let (one, two) = (service(), service());
    let front = Proxy::start(&[one.address, two.address], Mischief::default());
    let prometheus = prometheus(&[job("httpserver", &[one.address, two.address])]);
    let report = verify(&[
        "--target",
        &images(front.address),
        "--metrics",
        &metrics(one.address),
        "--metrics",
        &metrics(two.address),
        "--prometheus",
        &prometheus.url(),
    ]);
    assert_eq!(report.code, 0, "{report}");
    report.expect(
        "measured -> /metrics",
        "PASS",
        &["120 observations", "2 replicas"],
    );
    report.expect(
        "/metrics -> Prometheus",
        "PASS",
        &["2 replicas of 2 targets"],
    );
}

#[test]
fn without_any_other_part_it_checks_up_to_metrics() {
    let service = service();
    let report = verify(&["--target", &images(service.address)]);
    assert_eq!(report.code, 0, "{report}");
    report.expect(
        "declared -> drawn",
        "PASS",
        &["recomputed from seed 7, each equal"],
    );
    report.expect("measured -> /metrics", "PASS", &["120 observations"]);
    report.expect("/metrics -> Prometheus", "SKIPPED", &["no --prometheus"]);
    report.expect("span -> Jaeger", "SKIPPED", &["no --jaeger"]);
    report.expect(
        "ledger",
        "PASS",
        &["120 accepted = 120 completed + 0 cancelled"],
    );
}

#[test]
fn what_is_skipped_fails_where_everything_is_required() {
    let service = service();
    let report = verify(&["--target", &images(service.address), "--require-all"]);
    report.fails("span -> Jaeger", &["--require-all", "no --jaeger"]);
}

#[test]
fn buckets_that_report_the_impossible_are_a_warning_with_its_size() {
    if absent(&["prometheus"]) {
        return;
    }
    let service =
        crate::parts::Service::start::<&str>(&["--seed", "7", "--buckets", "semconv"], &[]);
    let prometheus = prometheus(&[job("httpserver", &[service.address])]);
    let target = images(service.address);
    let report = verify(&["--target", &target, "--prometheus", &prometheus.url()]);
    assert_eq!(report.code, 0, "a warning is no failure: {report}");
    report.expect(
        "Prometheus -> percentile",
        "WARN",
        &["% above the longest possible delay of 2 s"],
    );
}

#[test]
fn metrics_on_an_address_of_their_own_are_skipped_until_they_are_named() {
    let service = service_with(&["--metrics-listen", "127.0.0.1:0"]);
    let target = images(service.address);
    let report = verify(&["--target", &target]);
    assert_eq!(report.code, 0, "{report}");
    report.expect("measured -> /metrics", "SKIPPED", &["404", "--metrics URL"]);
    let line = service.process.line_with("metrics on http://");
    let address = line.split("metrics on http://").nth(1).unwrap();
    let address = address.split('/').next().unwrap().parse().unwrap();
    let named = metrics(address);
    let report = verify(&["--target", &target, "--metrics", &named]);
    report.expect("measured -> /metrics", "PASS", &["120 observations"]);
}

#[test]
fn other_people_s_traffic_makes_bounds_of_equalities() {
    if absent(&["prometheus"]) {
        return;
    }
    let service = service();
    let prometheus = prometheus(&[job("httpserver", &[service.address])]);
    let (target, url) = (images(service.address), prometheus.url());
    for (flags, is_failure) in [(&[][..], false), (&["--exclusive"][..], true)] {
        let flags = [&["--target", &target, "--prometheus", &url], flags].concat();
        let accepted = || service.metric("cloudnative_requests_accepted_total");
        let before = accepted();
        let run = start(&flags);
        crate::parts::until("the run to begin", || {
            (accepted() > before + 10.0).then_some(())
        });
        for _ in 0..5 {
            service.get("/images?delay=constant(10ms)");
        }
        let report = run.end();
        report.expect("measured -> /metrics", "PASS", &["lower bounds"]);
        report.expect("/metrics -> Prometheus", "PASS", &["between two readings"]);
        if is_failure {
            report.fails("ledger", &["other traffic: 5 requests", "--exclusive"]);
        } else {
            assert_eq!(report.code, 0, "{report}");
            report.expect("ledger", "PASS", &["other traffic: 5 requests"]);
        }
    }
}

#[test]
fn the_text_says_what_the_json_says() {
    let service = service();
    let mut command = command(&["--target", &images(service.address)]);
    let text = String::from_utf8(command.output().unwrap().stdout).unwrap();
    for words in [
        "PASS     declared -> drawn",
        "SKIPPED  /metrics -> Prometheus",
        "uniform(0s,2s), seed 7",
        "5 hops passed, 0 warned, 0 failed, 3 skipped",
    ] {
        assert!(text.contains(words), "no `{words}` in\n{text}");
    }
}

#[test]
fn replicas_that_cannot_be_read_are_compared_by_their_answers() {
    if absent(&["prometheus"]) {
        return;
    }
    let (one, two) = (service(), service());
    let front = Proxy::start(&[one.address, two.address], Mischief::default());
    let prometheus = prometheus(&[job("httpserver", &[one.address, two.address])]);
    let (target, url) = (images(front.address), prometheus.url());
    let flags = ["--target", &target, "--prometheus", &url];
    let report = verify(&flags);
    assert_eq!(report.code, 0, "{report}");
    report.expect(
        "measured -> /metrics",
        "SKIPPED",
        &["several replicas in turn", "--metrics"],
    );
    report.expect(
        "/metrics -> Prometheus",
        "PASS",
        &["2 replicas of 2 targets"],
    );
    let run = start(&flags);
    let accepted = || two.metric("cloudnative_requests_accepted_total");
    let before = accepted();
    crate::parts::until("the run to begin", || {
        (accepted() > before + 5.0).then_some(())
    });
    two.get("/images?delay=constant(1ms)");
    let report = run.end();
    assert_eq!(report.code, 0, "{report}");
    report.expect(
        "/metrics -> Prometheus",
        "PASS",
        &["other traffic: 1 requests"],
    );
}

#[test]
fn every_address_of_the_target_s_name_is_read_once() {
    let service = service();
    let target = format!("http://localhost:{}/images", service.address.port());
    let report = verify(&["--target", &target]);
    assert_eq!(report.code, 0, "{report}");
    report.expect(
        "measured -> /metrics",
        "PASS",
        &["120 observations", "1 replica,"],
    );
}

#[test]
fn an_interrupted_run_still_reports_in_full() {
    let service = service();
    let run = start(&["--target", &images(service.address), "--duration", "60s"]);
    crate::parts::until("the run to begin", || {
        (service.metric("cloudnative_requests_accepted_total") > 30.0).then_some(())
    });
    run.interrupt();
    let report = run.end();
    assert_eq!(report.code, 0, "{report}");
    let sent = report.json["sent"].as_u64().unwrap();
    assert!((30..1800).contains(&sent), "{report}");
    report.expect("ledger", "PASS", &["0 cancelled"]);
}
