//! span -> Jaeger: traces that are lost on the way, that are late, and services that send none.

use serde_json::{Value, json};

use crate::{
    parts::{Jaeger, absent},
    proxy::{Faults, Proxy, Repeats},
    verify::{Report, UNTIL_ENDED, Verify},
    world::{Pipeline, service, traced, until_accepted},
};

const HOP: &str = "span -> Jaeger";

/// The report of a run whose spans go through these processors of a collector.
fn through(processors: &Value, flags: &[&str]) -> Report {
    let pipeline = Pipeline::through(processors);
    pipeline.verify().flags(flags).run()
}

fn tail_sampling(policy: &Value) -> Value {
    json!({"tail_sampling": {"decision_wait": "1s", "policies": [policy]}})
}

#[test]
fn a_collector_that_keeps_90_percent_loses_the_rest_by_name() {
    if absent(&["otelcol", "jaeger"]) {
        return;
    }
    let most = json!({
        "name": "most", "type": "probabilistic", "probabilistic": {"sampling_percentage": 90},
    });
    let report = through(&tail_sampling(&most), &["--rate", "60", "--wait", "8s"]);
    report.fails(HOP, &["of 240 sampled traces are missing"]);
    report.fails_only(&[HOP]);
    let says = report.says(HOP);
    let lost: u32 = says.split(' ').next().unwrap().parse().unwrap();
    assert!((3..=60).contains(&lost), "about a tenth: {says}");
    assert!(!says.contains("all of them"), "{says}");
}

#[test]
fn a_sampler_that_keeps_slow_traces_is_told_from_a_loss() {
    if absent(&["otelcol", "jaeger"]) {
        return;
    }
    let slow = json!({"name": "slow", "type": "latency", "latency": {"threshold_ms": 1000}});
    let report = through(&tail_sampling(&slow), &["--wait", "8s"]);
    let words = ["sampled traces are missing", "keep only slow traces?"];
    report.fails(HOP, &words);
}

#[test]
fn traces_that_a_sampler_leaves_out_on_purpose_are_no_loss() {
    if absent(&["otelcol", "jaeger"]) {
        return;
    }
    let half = json!({
        "name": "half", "type": "probabilistic", "probabilistic": {"sampling_percentage": 50},
    });
    let pipeline = Pipeline::through(&tail_sampling(&half));
    let verify = |expected| {
        let flags = ["--rate", "60", "--wait", "8s", "--expect-traces", expected];
        pipeline.verify().flags(&flags).run()
    };
    let report = verify("0.5");
    assert_eq!(report.code, 0, "{report}");
    let words = [" of 240 sampled traces (--expect-traces leaves 83 to 157 by chance)"];
    report.expect(HOP, "PASS", &words);
    let words = ["sampled traces are there, but --expect-traces leaves 191 to 235 by chance"];
    verify("0.9").fails(HOP, &words);
}

#[test]
fn a_service_that_samples_by_trace_id_is_judged_by_its_share() {
    if absent(&["jaeger"]) {
        return;
    }
    let jaeger = Jaeger::start();
    let mut environment = jaeger.environment();
    let half = [
        ("OTEL_TRACES_SAMPLER", "traceidratio"),
        ("OTEL_TRACES_SAMPLER_ARG", "0.5"),
    ];
    environment.extend(half.map(|(name, value)| (name, value.to_owned())));
    let service = traced(&environment);
    let verify = Verify::of(service.address)
        .jaeger(&jaeger)
        .flags(&["--wait", "5s"]);
    verify.run().fails(HOP, &["sampled traces are missing"]);
    let report = verify.flags(&["--expect-traces", "0.5"]).run();
    assert_eq!(report.code, 0, "{report}");
    report.expect(HOP, "PASS", &["--expect-traces leaves"]);
}

#[test]
fn a_sampler_by_latency_must_keep_each_slow_trace() {
    if absent(&["otelcol", "jaeger"]) {
        return;
    }
    let slow = json!({"name": "slow", "type": "latency", "latency": {"threshold_ms": 1000}});
    let pipeline = Pipeline::through(&tail_sampling(&slow));
    let verify = |expected| {
        let flags = ["--wait", "8s", "--expect-traces", expected];
        pipeline.verify().flags(&flags).run()
    };
    let report = verify("total>1s");
    assert_eq!(report.code, 0, "{report}");
    report.expect(HOP, "PASS", &[" of 120 sampled traces, each with"]);
    verify("total>500ms").fails(HOP, &["of 120 sampled traces are missing"]);
    let report = verify("total>1500ms");
    report.expect(HOP, "WARN", &["of faster requests are there besides"]);
}

#[test]
fn traces_that_wait_in_a_collector_are_late_and_not_lost() {
    if absent(&["otelcol", "jaeger"]) {
        return;
    }
    let all = json!({"batch": {"timeout": "10m", "send_batch_size": 100_000}});
    let report = through(&all, &["--wait", "3s"]);
    assert_eq!(report.code, 3, "{report}");
    let words = "none of 120 sampled traces has arrived within --wait 3s";
    let exported = "the service has exported 240 spans";
    report.expect(HOP, "SKIPPED", &[words, "late", exported]);
    report.fails_only(&[]);
}

#[test]
fn a_trace_is_there_when_the_server_span_is() {
    if absent(&["jaeger"]) {
        return;
    }
    let jaeger = Jaeger::start();
    let mut environment = jaeger.environment();
    environment.push(("OTEL_BSP_SCHEDULE_DELAY", "20000".to_owned())); // later than the end of both loads
    let service = traced(&environment);
    let http = jaeger.http;
    let gateway = Faults {
        traced: Some(Box::new(move |parent| Jaeger::add_span(http, parent))),
        ..Faults::default()
    };
    let gateway = Proxy::start(&[service.address], gateway);
    let verify = Verify::of(gateway.address).jaeger(&jaeger);
    let report = verify.clone().flags(&["--wait", "1s"]).run();
    assert_eq!(report.code, 3, "{report}");
    let partial = "120 traces without the server span of the request";
    report.expect(HOP, "SKIPPED", &["within --wait 1s", partial]);
    let report = verify.run();
    assert_eq!(report.code, 0, "{report}");
    report.expect(HOP, "PASS", &["120 of 120 sampled traces"]);
}

#[test]
fn a_last_batch_that_waits_is_told_from_a_loss() {
    if absent(&["otelcol", "jaeger"]) {
        return;
    }
    let most = json!({"batch": {"timeout": "10m", "send_batch_size": 130}});
    let report = through(&most, &["--wait", "3s"]);
    let words = ["sampled traces are missing", "is the export late?"];
    report.fails(HOP, &words);
}

#[test]
fn a_restart_of_jaeger_in_the_run_loses_the_first_traces() {
    if absent(&["jaeger"]) {
        return;
    }
    let mut jaeger = Jaeger::start();
    let service = traced(&jaeger.environment());
    let verify = Verify::of(service.address).jaeger(&jaeger);
    let run = verify.flags(&UNTIL_ENDED).flags(&["--wait", "3s"]).start();
    until_accepted(&service, 60.0);
    jaeger.restart();
    let report = run.end_after(60.0, &service);
    let words = [
        "sampled traces are missing",
        "lost in a restart on the way?",
    ];
    report.fails(HOP, &words);
    report.fails_only(&[HOP]);
}

#[test]
fn while_nothing_arrives_jaeger_is_asked_for_one_trace_at_a_time() {
    if absent(&["jaeger"]) {
        return;
    }
    let jaeger = Jaeger::start();
    let service = service();
    let front = Proxy::start(&[jaeger.query], Faults::default());
    let url = format!("http://{}", front.address);
    let verify = Verify::of(service.address).flags(&["--jaeger", &url]);
    let report = verify.flags(&["--wait", "5s"]).run();
    report.fails(HOP, &["120 of 120 sampled traces are missing"]);
    let asked = front.passed();
    assert!(
        (121..200).contains(&asked),
        "{asked} requests for 120 traces"
    );
}

#[test]
fn of_many_spans_that_differ_the_first_are_listed_and_all_are_counted() {
    if absent(&["jaeger"]) {
        return;
    }
    let jaeger = Jaeger::start();
    let service = traced(&jaeger.environment());
    let other = |_: &str, header: String| header.replace("total;dur=", "total;dur=9");
    let faults = Faults {
        timing: Some(Box::new(other)),
        ..Faults::default()
    };
    let front = Proxy::start(&[service.address], faults);
    let report = Verify::of(front.address).jaeger(&jaeger).run();
    let words = "and 117 more: 120 of 120 traces differ";
    report.fails(HOP, &["the duration is", words]);
    assert_eq!(report.says(HOP).lines().count(), 4, "{report}");
}

#[test]
fn a_mirror_is_named_by_its_second_server_spans() {
    if absent(&["jaeger"]) {
        return;
    }
    let jaeger = Jaeger::start();
    let service = traced(&jaeger.environment());
    let faults = Faults {
        repeats: Repeats::Mirror,
        ..Faults::default()
    };
    let front = Proxy::start(&[service.address], faults);
    let report = Verify::of(front.address).jaeger(&jaeger).run();
    assert_eq!(report.code, 0, "{report}");
    report.expect(
        HOP,
        "WARN",
        &["executed more than once", "a mirror or a retry"],
    );
}

#[test]
fn a_service_that_exports_nothing_is_named_by_its_own_metrics() {
    if absent(&["jaeger"]) {
        return;
    }
    let jaeger = Jaeger::start();
    let nowhere = [
        (
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            "http://127.0.0.1:1".to_owned(),
        ),
        ("OTEL_BSP_SCHEDULE_DELAY", "100".to_owned()),
    ];
    for (service, words) in [
        (
            service(),
            ["exports no spans", "OTEL_EXPORTER_OTLP_ENDPOINT"],
        ),
        (
            traced(&nowhere),
            ["could not export its spans", "none was delivered"],
        ),
    ] {
        let verify = Verify::of(service.address).jaeger(&jaeger);
        let report = verify.flags(&["--wait", "1s"]).run();
        report.fails(HOP, &["120 of 120 sampled traces are missing"]);
        report.fails(HOP, &words);
    }
}
