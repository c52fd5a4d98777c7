//! Grafana Tempo as the store of the traces: it is named, and a loss is found as with Jaeger.

use serde_json::json;

use crate::{
    parts::{Collector, Folder, Tempo, absent, absent_without_failure},
    proxy::{Faults, Proxy},
    verify::Verify,
    world::{job, service, storing_exemplars, traced},
};

const HOP: &str = "span -> Jaeger";
const EXEMPLARS: &str = "exemplar -> trace";

fn is_missing(others: &[&str]) -> bool {
    absent_without_failure("tempo") || absent(others)
}

#[test]
fn tempo_is_named_and_has_each_trace_also_those_of_exemplars() {
    if is_missing(&["prometheus"]) {
        return;
    }
    let tempo = Tempo::start();
    let service = traced(&tempo.environment());
    let prometheus = storing_exemplars(&[job("httpserver", &[service.address])]);
    let verify = Verify::of(service.address).prometheus(&prometheus);
    let verify = verify.flags(&["--traces", &tempo.url()]);
    let report = verify.run();
    assert_eq!(report.code, 0, "{report}");
    let store = &report.json["trace_store"];
    assert_eq!(store["name"], "Grafana Tempo", "{report}");
    assert!(store["version"].is_string(), "{report}");
    report.expect(HOP, "PASS", &["120 of 120 sampled traces, each with the"]);
    report.expect(EXEMPLARS, "PASS", &["each trace is in Grafana Tempo"]);
    let text = verify.command().output().unwrap().stdout;
    let text = String::from_utf8_lossy(&text);
    for words in ["\ntraces  Grafana Tempo ", "PASS     span -> Grafana Tempo"] {
        assert!(text.contains(words), "`{words}` is not in {text}");
    }
}

#[test]
fn traces_that_a_sampler_drops_before_tempo_are_missing_also_for_exemplars() {
    if is_missing(&["prometheus", "otelcol"]) {
        return;
    }
    let tempo = Tempo::start();
    let slow = json!({"name": "slow", "type": "latency", "latency": {"threshold_ms": 1500}});
    let sampler = json!({"tail_sampling": {"decision_wait": "1s", "policies": [slow]}});
    let collector = Collector::to(tempo.grpc, &sampler);
    let service = traced(&collector.environment("grpc"));
    let prometheus = storing_exemplars(&[job("httpserver", &[service.address])]);
    let verify = Verify::of(service.address).prometheus(&prometheus);
    let verify = verify.flags(&["--traces", &tempo.url(), "--wait", "8s"]);
    let report = verify.run();
    let words = [
        "of 120 sampled traces are missing",
        "keep only slow traces?",
    ];
    report.fails(HOP, &words);
    let words = ["the traces of", "exemplars are not in Grafana Tempo: "];
    report.fails(EXEMPLARS, &words);
    report.fails_only(&[HOP, EXEMPLARS]);
    let expected = verify.flags(&["--expect-traces", "total>1500ms"]).run();
    assert_eq!(expected.code, 0, "{expected}");
    let words = ["each expected trace is in Grafana Tempo"];
    expected.expect(EXEMPLARS, "PASS", &words);
}

#[test]
fn tempo_before_2_6_answers_at_its_older_path() {
    if is_missing(&[]) {
        return;
    }
    let tempo = Tempo::start();
    let service = traced(&tempo.environment());
    let older = Faults {
        missing: Some("/api/v2/"),
        ..Faults::default()
    };
    let front = Proxy::start(&[tempo.address], older);
    let url = format!("http://{}", front.address);
    let report = Verify::of(service.address).flags(&["--traces", &url]).run();
    assert_eq!(report.code, 0, "{report}");
    report.expect(HOP, "PASS", &["120 of 120 sampled traces"]);
}

#[test]
fn the_tenant_of_tempo_is_asked_for_before_the_load() {
    if is_missing(&["otelcol"]) {
        return;
    }
    let tempo = Tempo::with_tenants();
    let mut environment = tempo.environment();
    let tenant = "X-Scope-OrgID=one".to_owned();
    environment.push(("OTEL_EXPORTER_OTLP_HEADERS", tenant));
    let service = traced(&environment);
    let verify = Verify::of(service.address).flags(&["--traces", &tempo.url()]);
    let report = verify.run();
    report.is_denied(&["--traces", "401", "--traces-http-config"]);
    let folder = Folder::new("tenant");
    let of = |tenant: &str| {
        let text = format!("http_headers: {{X-Scope-OrgID: {{values: [{tenant}]}}}}");
        let file = folder.write("tenant.yml", &text).display().to_string();
        let verify = verify.clone().flags(&["--traces-http-config", &file]);
        verify.flags(&["--wait", "5s"]).run()
    };
    let report = of("one");
    assert_eq!(report.code, 0, "{report}");
    report.expect(HOP, "PASS", &["120 of 120 sampled traces"]);
    let report = of("two");
    assert_eq!(report.code, 3, "{report}");
    report.expect(HOP, "SKIPPED", &["none of 120 sampled traces has arrived"]);
}

#[test]
fn the_older_names_of_the_flags_mean_the_same_and_yield_to_the_newer_ones() {
    let service = service();
    let (one, two) = (
        Proxy::start(&[service.address], Faults::default()),
        Proxy::start(&[service.address], Faults::default()),
    );
    let [first, second] = [&one, &two].map(|proxy| format!("http://{}", proxy.address));
    let verify = Verify::of(service.address);
    for verify in [
        verify.clone().flags(&["--jaeger", &first]),
        verify.clone().variable("HTTPSERVER_JAEGER", &first),
        verify.clone().variable("HTTPSERVER_TRACES", &first),
        verify
            .clone()
            .variable("HTTPSERVER_JAEGER", &second)
            .variable("HTTPSERVER_TRACES", &first),
        verify
            .clone()
            .variable("HTTPSERVER_JAEGER", &second)
            .flags(&["--traces", &first]),
        verify
            .clone()
            .variable("HTTPSERVER_TRACES", &second)
            .flags(&["--jaeger", &first]),
    ] {
        let verify = verify.variable("HTTPSERVER_JAEGER_TOKEN", "older");
        verify.run().is_denied(&["--traces", &first, "404"]);
        let newer = verify.variable("HTTPSERVER_TRACES_TOKEN", "newer");
        newer.run().is_denied(&["--traces", &first, "404"]);
    }
    assert!(two.seen().is_empty(), "{:?}", two.seen());
    let count = |token: &str| {
        let seen = one.seen();
        seen.iter().filter(|head| head.contains(token)).count()
    };
    assert_eq!(count("Bearer older"), count("Bearer newer"));
    assert_eq!(count("Bearer"), one.seen().len());
    let both = verify.flags(&["--traces", &first, "--jaeger", &first]);
    both.run()
        .refuses(&["--traces", "--jaeger", "cannot be used with"]);
}
