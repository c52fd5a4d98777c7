//! exemplar -> trace: exemplars that Prometheus does not store or cannot scrape, that name no request, and whose traces are
//! lost.

use serde_json::{Value, json};

use crate::{
    parts::{Jaeger, Prometheus, Service, absent, get},
    proxy::{Faults, Proxy},
    verify::{Report, Verify},
    world::{Pipeline, job, scraping, service, storing_exemplars, traced, until_accepted},
};

const HOP: &str = "exemplar -> trace";

/// A service that samples spans; where they go does not matter here.
fn sampling() -> Service {
    let nowhere = "http://127.0.0.1:9".to_owned();
    traced(&[("OTEL_EXPORTER_OTLP_ENDPOINT", nowhere)])
}

fn report(service: &Service, prometheus: &Prometheus) -> Report {
    Verify::of(service.address).prometheus(prometheus).run()
}

#[test]
fn each_exemplar_is_an_answer_in_its_bucket() {
    if absent(&["prometheus"]) {
        return;
    }
    let service = sampling();
    let prometheus = storing_exemplars(&[job("httpserver", &[service.address])]);
    let report = report(&service, &prometheus);
    assert_eq!(report.code, 0, "{report}");
    report.expect(HOP, "PASS", &["exemplars of", "traces were not looked up"]);
}

#[test]
fn exemplar_storage_that_is_off_is_a_warning() {
    if absent(&["prometheus"]) {
        return;
    }
    let service = sampling();
    let prometheus = scraping(&service, &json!({}));
    let verify = Verify::of(service.address).prometheus(&prometheus);
    let report = verify.run();
    assert_eq!(report.code, 0, "a warning is not a failure: {report}");
    let words = [
        "offers exemplars",
        "storage is off",
        "--enable-feature=exemplar-storage",
    ];
    report.expect(HOP, "WARN", &words);
}

#[test]
fn a_scrape_without_a_format_that_has_exemplars_is_a_warning() {
    if absent(&["prometheus"]) {
        return;
    }
    let service = sampling();
    let mut text = job("text", &[service.address]);
    text["scrape_protocols"] = json!(["PrometheusText0.0.4"]);
    let prometheus = storing_exemplars(&[text]);
    let report = report(&service, &prometheus);
    assert_eq!(report.code, 0, "{report}");
    report.expect(HOP, "WARN", &["scrape_protocols of job text"]);
}

#[test]
fn a_collector_that_drops_the_traces_of_exemplars_is_found() {
    if absent(&["prometheus", "otelcol", "jaeger"]) {
        return;
    }
    let slow = json!({"name": "slow", "type": "latency", "latency": {"threshold_ms": 1500}});
    let pipeline =
        Pipeline::through(&json!({"tail_sampling": {"decision_wait": "1s", "policies": [slow]}}));
    let prometheus = storing_exemplars(&[job("httpserver", &[pipeline.service.address])]);
    let verify = pipeline.verify().prometheus(&prometheus);
    let report = verify.flags(&["--wait", "8s"]).run();
    report.fails(HOP, &["the traces of", "exemplars are not in Jaeger: "]);
    report.fails_only(&["span -> Jaeger", HOP]);
}

#[test]
fn traces_that_are_late_are_not_judged() {
    if absent(&["prometheus", "otelcol", "jaeger"]) {
        return;
    }
    let late = json!({"batch": {"timeout": "10m", "send_batch_size": 100_000}});
    let pipeline = Pipeline::through(&late);
    let prometheus = storing_exemplars(&[job("httpserver", &[pipeline.service.address])]);
    let verify = pipeline.verify().prometheus(&prometheus);
    let report = verify.flags(&["--wait", "3s"]).run();
    assert_eq!(report.code, 3, "{report}");
    report.expect(HOP, "SKIPPED", &["has arrived within --wait 3s"]);
}

#[test]
fn requests_that_only_the_service_samples_have_their_traces_looked_up() {
    if absent(&["prometheus", "jaeger"]) {
        return;
    }
    let jaeger = Jaeger::start();
    for (environment, verdict, code) in [
        (jaeger.environment(), "PASS", 3),
        (
            vec![(
                "OTEL_EXPORTER_OTLP_ENDPOINT",
                "http://127.0.0.1:9".to_owned(),
            )],
            "FAIL",
            1,
        ),
    ] {
        let always = ("OTEL_TRACES_SAMPLER", "always_on".to_owned());
        let service = traced(&[environment, vec![always]].concat());
        let prometheus = storing_exemplars(&[job("httpserver", &[service.address])]);
        let verify = Verify::of(service.address).prometheus(&prometheus);
        let verify = verify.jaeger(&jaeger).flags(&["--sampled-ratio", "0"]);
        let report = verify.flags(&["--wait", "8s"]).run();
        report.expect(HOP, verdict, &[]);
        assert_eq!(report.code, code, "{report}");
    }
}

#[test]
fn nothing_to_judge_is_no_failure() {
    if absent(&["prometheus"]) {
        return;
    }
    let (sampling, other) = (sampling(), service());
    for (service, flags, words) in [
        (
            &sampling,
            &["--sampled-ratio", "0"][..],
            "no request was sampled",
        ),
        (&other, &[], "has no exemplars"),
    ] {
        let prometheus = storing_exemplars(&[job("httpserver", &[service.address])]);
        let verify = Verify::of(service.address).prometheus(&prometheus);
        let report = verify.flags(flags).run();
        assert_eq!(report.code, 0, "{report}");
        report.expect(HOP, "SKIPPED", &[words]);
    }
}

#[test]
fn exemplars_of_other_clients_are_not_judged() {
    if absent(&["prometheus"]) {
        return;
    }
    let service = sampling();
    let prometheus = storing_exemplars(&[job("httpserver", &[service.address])]);
    let running = Verify::of(service.address).prometheus(&prometheus).start();
    until_accepted(&service, 20.0);
    for _ in 0..20 {
        get(service.address, "/images?delay=constant(30ms)").unwrap();
    }
    let report = running.end();
    assert_eq!(report.code, 0, "{report}");
    report.expect(HOP, "PASS", &["exemplars of"]);
    report.expect("ledger", "PASS", &["other traffic: 20 requests"]);
}

/// Exemplars as Prometheus returns them, changed.
fn changed(change: fn(&mut Value)) -> Report {
    let service = sampling();
    let prometheus = storing_exemplars(&[job("httpserver", &[service.address])]);
    let rewrite = move |path: &str, body: String| {
        if !path.starts_with("/api/v1/query_exemplars") {
            return body;
        }
        let mut answer: Value = serde_json::from_str(&body).unwrap();
        let series = answer["data"].as_array_mut().unwrap();
        series
            .iter_mut()
            .flat_map(|series| series["exemplars"].as_array_mut().unwrap())
            .for_each(change);
        answer.to_string()
    };
    let faults = Faults {
        rewrite: Some(Box::new(rewrite)),
        ..Faults::default()
    };
    let front = Proxy::start(&[prometheus.address], faults);
    let url = format!("http://{}", front.address);
    Verify::of(service.address)
        .flags(&["--prometheus", &url])
        .run()
}

#[test]
fn an_exemplar_that_is_not_the_request_it_names_fails() {
    if absent(&["prometheus"]) {
        return;
    }
    let late = |exemplar: &mut Value| {
        let value: f64 = exemplar["value"].as_str().unwrap().parse().unwrap();
        exemplar["value"] = json!((value + 1e-9).to_string());
    };
    let unknown = |exemplar: &mut Value| exemplar["labels"]["trace_id"] = json!("0af7");
    let slow = |exemplar: &mut Value| exemplar["value"] = json!("7.5");
    let span = |exemplar: &mut Value| exemplar["labels"]["span_id"] = json!("1");
    for (change, words) in [
        (
            late as fn(&mut Value),
            ["the exemplar has", "the answer a total of"],
        ),
        (unknown, ["of no request that was sent", "0000000000000af7"]),
        (
            slow,
            ["an exemplar of 7.5 s is in the bucket above", "s up to"],
        ),
        (span, ["names span 0000000000000001", "the answer span"]),
    ] {
        let report = changed(change);
        report.fails(HOP, &words);
        report.fails_only(&[HOP]);
    }
}
