//! A healthy pipeline passes, and other traffic, missing parts and signals are handled.

use serde_json::json;

use crate::{
    parts::{Jaeger, Service, absent},
    proxy::Faults,
    verify::Verify,
    world::{
        Pipeline, TwoReplicas, accepted, behind, job, metrics, native_job, prometheus, scraped,
        scraping, service, service_with, storing_exemplars, traced, until_accepted,
    },
};

const METRICS: &str = "measured -> /metrics";
const SCRAPED: &str = "/metrics -> Prometheus";
const PERCENTILE: &str = "Prometheus -> percentile";

#[test]
fn a_healthy_pipeline_passes_every_hop() {
    if absent(&["prometheus", "otelcol", "jaeger"]) {
        return;
    }
    let pipeline = Pipeline::through(&json!({}));
    let prometheus = storing_exemplars(&[native_job(&[pipeline.service.address])]);
    let verify = pipeline.verify().prometheus(&prometheus).flags(&[
        "--rate-window",
        "3s",
        "--exclusive",
        "--require-all",
    ]);
    let report = verify.run();
    assert_eq!(report.code, 0, "{report}");
    assert_eq!(report.json["verdict"], "PASS", "{report}");
    let hops = report.json["hops"].as_array().unwrap();
    assert_eq!(hops.len(), 10, "{report}");
    assert!(hops.iter().all(|hop| hop["verdict"] == "PASS"), "{report}");
    report.expect("span -> Jaeger", "PASS", &["120 of 120 sampled traces"]);
    report.expect("exemplar -> trace", "PASS", &["each trace is in Jaeger"]);
    report.expect("native -> percentile", "PASS", &["120 observations"]);
    report.expect(PERCENTILE, "PASS", &["p99 over 3s", "by chance"]);
    for row in report.json["percentiles"].as_array().unwrap() {
        let part = |name: &str| row["error"][name].as_f64().unwrap();
        let parts = ["sampling", "clock", "bucket", "extrapolation"].map(part);
        let error = row["reported"].as_f64().unwrap() - row["truth"].as_f64().unwrap();
        let off = parts.iter().sum::<f64>() - error;
        assert!(off.abs() < 1e-9, "the parts are the error: {report}");
        assert!(row["native"].as_f64().unwrap() > 0.0, "{report}");
    }
}

#[test]
fn without_exemplars_and_native_histograms_the_other_hops_are_judged_as_before() {
    if absent(&["prometheus", "jaeger"]) {
        return;
    }
    let jaeger = Jaeger::start();
    let service = traced(&jaeger.environment());
    let prometheus = scraping(&service, &json!({}));
    let verify = Verify::of(service.address).prometheus(&prometheus);
    let report = verify.jaeger(&jaeger).flags(&["--require-all"]).run();
    assert_eq!(report.code, 0, "{report}");
    for hop in report.json["hops"].as_array().unwrap() {
        let expected = match hop["name"].as_str().unwrap() {
            "native -> percentile" => "SKIPPED",
            "exemplar -> trace" => "WARN",
            _ => "PASS",
        };
        assert_eq!(hop["verdict"], expected, "{report}");
    }
}

#[test]
fn two_replicas_behind_one_address_are_told_apart() {
    if absent(&["prometheus"]) {
        return;
    }
    let replicas = TwoReplicas::start();
    let targets = [replicas.one.address, replicas.two.address];
    let prometheus = prometheus(&[job("httpserver", &targets)]);
    let report = replicas.verify().prometheus(&prometheus).run();
    assert_eq!(report.code, 0, "{report}");
    report.expect(METRICS, "PASS", &["120 observations", "2 replicas"]);
    report.expect(SCRAPED, "PASS", &["2 replicas of 2 targets"]);
}

#[test]
fn without_any_other_part_it_checks_up_to_metrics() {
    let service = service();
    let report = Verify::of(service.address).run();
    assert_eq!(report.code, 0, "{report}");
    report.expect(
        "declared -> drawn",
        "PASS",
        &["recomputed from seed 7, all equal"],
    );
    report.expect(METRICS, "PASS", &["120 observations"]);
    report.expect(SCRAPED, "SKIPPED", &["no --prometheus"]);
    report.expect("span -> Jaeger", "SKIPPED", &["no --traces"]);
    report.expect(
        "ledger",
        "PASS",
        &["120 accepted = 120 completed + 0 cancelled"],
    );
}

#[test]
fn a_service_that_refuses_overrides_is_probed_without_one() {
    let service = service_with(&["--no-overrides"]);
    let report = Verify::of(service.address).flags(&["--exclusive"]).run();
    assert_eq!(report.code, 0, "{report}");
    assert!(accepted(&service) > 120.0, "the probe was counted, too");
}

#[test]
fn the_verdict_survives_a_closed_pipe() {
    let service = service();
    let mut command = Verify::of(service.address)
        .flags(&["--seed", "8"])
        .command();
    let mut run = command
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(run.stdout.take());
    assert_eq!(run.wait().unwrap().code(), Some(1));
}

#[test]
fn a_skipped_hop_fails_with_require_all() {
    let service = service();
    let report = Verify::of(service.address).flags(&["--require-all"]).run();
    report.fails("span -> Jaeger", &["--require-all", "no --traces"]);
}

#[test]
fn buckets_that_report_an_impossible_delay_are_a_warning() {
    if absent(&["prometheus"]) {
        return;
    }
    let service = Service::start::<&str>(&["--seed", "7", "--buckets", "semconv"], &[]);
    let prometheus = scraping(&service, &json!({}));
    let report = Verify::of(service.address).prometheus(&prometheus).run();
    assert_eq!(report.code, 0, "a warning is not a failure: {report}");
    report.expect(
        PERCENTILE,
        "WARN",
        &["% above the longest possible delay of 2 s"],
    );
}

#[test]
fn metrics_on_another_address_are_skipped_until_metrics_names_it() {
    let service = service_with(&["--metrics-listen", "127.0.0.1:0"]);
    let verify = Verify::of(service.address);
    let report = verify.run();
    assert_eq!(report.code, 0, "{report}");
    report.expect(METRICS, "SKIPPED", &["404", "--metrics URL"]);
    let line = service.process.line_with("metrics on http://");
    let address = line.split("metrics on http://").nth(1).unwrap();
    let address = address.split('/').next().unwrap().parse().unwrap();
    let report = verify.flags(&["--metrics", &metrics(address)]).run();
    report.expect(METRICS, "PASS", &["120 observations"]);
}

#[test]
fn other_traffic_turns_equalities_into_bounds() {
    if absent(&["prometheus"]) {
        return;
    }
    let (service, prometheus) = scraped();
    let verify = Verify::of(service.address).prometheus(&prometheus);
    for (flags, is_failure) in [(&[][..], false), (&["--exclusive"], true)] {
        let before = accepted(&service);
        let run = verify.clone().flags(flags).start();
        until_accepted(&service, before + 10.0);
        for _ in 0..5 {
            service.get("/images?delay=constant(10ms)");
        }
        let report = run.end();
        report.expect(METRICS, "PASS", &["lower bounds"]);
        report.expect(SCRAPED, "PASS", &["between two snapshots"]);
        report.has_no_extrapolation();
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
    let output = Verify::of(service.address).command().output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    for words in [
        "PASS     declared -> drawn",
        "SKIPPED  /metrics -> Prometheus",
        "uniform(0s,2s), seed 7",
        "5 hops passed, 0 warned, 0 failed, 5 skipped",
    ] {
        assert!(text.contains(words), "no `{words}` in\n{text}");
    }
}

#[test]
fn replicas_that_cannot_be_read_are_compared_by_their_answers() {
    if absent(&["prometheus"]) {
        return;
    }
    let TwoReplicas { one, two, front } = TwoReplicas::start();
    let prometheus = prometheus(&[job("httpserver", &[one.address, two.address])]);
    let verify = Verify::of(front.address).prometheus(&prometheus);
    let report = verify.run();
    assert_eq!(report.code, 0, "{report}");
    report.expect(
        METRICS,
        "SKIPPED",
        &["several replicas in turn", "--metrics"],
    );
    report.expect(SCRAPED, "PASS", &["2 replicas of 2 targets"]);
    let before = accepted(&two);
    let run = verify.start();
    until_accepted(&two, before + 5.0);
    two.get("/images?delay=constant(1ms)");
    let report = run.end();
    assert_eq!(report.code, 0, "{report}");
    report.expect(SCRAPED, "PASS", &["other traffic: 1 requests"]);
}

#[test]
fn every_address_of_the_target_s_name_is_read_once() {
    let service = service();
    let target = format!("http://localhost:{}/images", service.address.port());
    let report = Verify::default().flags(&["--target", &target]).run();
    assert_eq!(report.code, 0, "{report}");
    report.expect(METRICS, "PASS", &["120 observations", "1 replica,"]);
}

#[test]
fn a_run_that_is_interrupted_before_its_load_ends_at_once() {
    if absent(&["prometheus"]) {
        return;
    }
    let service = service();
    let elsewhere = prometheus(&[]);
    let verify = Verify::of(service.address).prometheus(&elsewhere);
    let run = verify.flags(&["--wait", "10m"]).start(); // for a replica that is never scraped
    until_accepted(&service, 0.0);
    run.interrupt();
    let report = run.end();
    report.is_denied(&["it was interrupted before the load"]);
}

#[test]
fn requests_without_an_answer_are_named() {
    let faults = Faults {
        drops: true,
        ..Faults::default()
    };
    let (service, front) = behind(faults);
    let verify = Verify::of(front.address).flags(&["--metrics", &metrics(service.address)]);
    let report = verify.run();
    report.expect(
        "measured -> received",
        "WARN",
        &[" of 120 requests were not answered ("],
    );
}

#[test]
fn an_interrupted_run_still_reports_in_full() {
    let service = service();
    let verify = Verify::of(service.address).flags(&["--duration", "60s"]);
    let run = verify.start();
    until_accepted(&service, 30.0);
    run.interrupt();
    let report = run.end();
    assert_eq!(report.code, 0, "{report}");
    let sent = report.json["sent"].as_u64().unwrap();
    assert!((30..1800).contains(&sent), "{report}");
    report.expect("ledger", "PASS", &["0 cancelled"]);
}
