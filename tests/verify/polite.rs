//! Waiting: few and small questions, one line for each wait, and how late everything could be seen.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::{
    parts::{VictoriaMetrics, absent},
    proxy::{Faults, Proxy},
    verify::{Report, Verify},
    world::{Pipeline, job, prometheus, service, tried},
};

/// The questions of these that are for raw samples.
fn raw(questions: &[String]) -> usize {
    let is_raw = |question: &&String| question.contains("ms%5D") && !question.contains("rate%28");
    questions.iter().filter(is_raw).count()
}

/// The lag of a hop.
fn lag<'a>(report: &'a Report, hop: &str) -> &'a Value {
    let all = report.json["lag"].as_array().unwrap();
    let found = all
        .iter()
        .find(|lag| lag["hop"].as_str().unwrap().starts_with(hop));
    found.unwrap_or_else(|| panic!("no lag of {hop}: {report}"))
}

#[track_caller]
fn is_between(report: &Report, hop: &str, least: f64, most: f64) {
    let lag = lag(report, hop);
    let seconds = |name: &str| lag[name].as_f64().unwrap();
    let (p50, p95) = (seconds("p50_seconds"), seconds("p95_seconds"));
    let max = seconds("max_seconds");
    assert!(least <= max && max <= most, "{hop}: {report}");
    assert!(0.0 <= p50 && p50 <= p95 && p95 <= max, "{hop}: {report}");
    assert!(seconds("resolution_seconds") > 0.0, "{report}");
}

#[test]
fn waiting_asks_one_small_question_a_second_and_says_what_for() {
    if absent(&["prometheus"]) {
        return;
    }
    let service = service();
    let mut job = job("httpserver", &[service.address]);
    job["scrape_interval"] = json!("15s");
    let real = prometheus(&[job]);
    tried(&real, 1.0);
    let front = Proxy::start(&[real.address], Faults::default());
    let url = format!("http://{}", front.address);
    let begun = Instant::now();
    let verify = Verify::of(service.address).flags(&["--prometheus", &url, "--wait", "40s"]);
    let report = verify.run();
    let took = begun.elapsed();
    assert_eq!(report.code, 0, "{report}");
    assert!(took > Duration::from_secs(15), "{took:?}");
    let questions = front.seen();
    let listed = questions.join("\n\n");
    assert!(raw(&questions) <= 16, "{listed}");
    let seconds = usize::try_from(took.as_secs()).unwrap();
    let small = questions
        .iter()
        .filter(|it| it.contains("timestamp%28cloudnative"));
    assert!(small.count() <= seconds + 3, "in {took:?}: {listed}");
    // Everything that is asked for once is 50 questions.
    assert!(questions.len() <= seconds + 60, "in {took:?}: {listed}");
    for what in ["before the run", "after the run"] {
        let lines = report.stderr.lines();
        let lines: Vec<_> = lines.filter(|line| line.contains(what)).collect();
        assert_eq!(lines.len(), 1, "{what}: {report}");
        assert!(
            lines[0].starts_with("waiting for Prometheus to scrape "),
            "{report}"
        );
    }
    is_between(&report, "Prometheus", 4.0, 25.0);
    assert_eq!(lag(&report, "Prometheus")["seen"], report.json["sent"]);
}

#[test]
fn the_lag_of_each_hop_is_reported() {
    if absent(&["prometheus", "victoria-metrics", "jaeger", "otelcol"]) {
        return;
    }
    let pipeline = Pipeline::through(&json!({"batch": {"timeout": "2s"}}));
    let store = VictoriaMetrics::start();
    let write = json!({"url": store.url() + "/api/v1/write", "queue_config": {"batch_send_deadline": "3s"}});
    let jobs = [job("httpserver", &[pipeline.service.address])];
    let config = json!({"scrape_configs": jobs, "remote_write": [write]});
    let writer = crate::parts::Prometheus::start(&config.to_string());
    let verify = pipeline.verify().prometheus(&writer);
    let flags = ["--remote", &store.url(), "--duration", "10s"];
    let report = verify.flags(&flags).run();
    assert_eq!(report.code, 0, "{report}");
    is_between(&report, "Prometheus", 0.0, 15.0);
    is_between(&report, "VictoriaMetrics (--remote)", 1.0, 30.0);
    is_between(&report, "traces", 0.0, 30.0);
    let median = |hop| lag(&report, hop)["p50_seconds"].as_f64().unwrap();
    assert!(
        median("Prometheus") <= median("VictoriaMetrics"),
        "{report}"
    );
}
