//! OpenMetrics, read by the strict parser of `prometheus_client`.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use serde_json::{Value, json};

use crate::{
    formats::{LATENCY, REQUESTS, loaded},
    parts,
};

const OPEN_METRICS: &str = "application/openmetrics-text;version=1.0.0";

#[test]
fn a_strict_parser_reads_openmetrics() {
    if parts::absent_module("prometheus_client") {
        return;
    }
    let (service, _) = loaded("uniform(0s,100ms)");
    for path in ["/images?status=503", "/nowhere", "/?user=x"] {
        service.get(path);
    }
    let exposition = service.get_with("/metrics", &[("accept", OPEN_METRICS)]);
    assert_eq!(
        exposition.header("content-type"),
        "application/openmetrics-text; version=1.0.0; charset=utf-8"
    );
    let families = parse(&exposition.body);
    let latency = &families[LATENCY];
    assert_eq!(latency["type"], "histogram");
    assert_eq!(latency["unit"], "seconds");
    let total: Vec<_> = latency["samples"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|sample| sample[1]["step"] == "total")
        .collect();
    let count = total
        .iter()
        .find(|sample| sample[0] == format!("{LATENCY}_count"));
    assert_eq!(count.unwrap()[2], json!(REQUESTS + 1));
    assert!(
        total
            .iter()
            .any(|sample| sample[0] == format!("{LATENCY}_created"))
    );
    let exemplars = total.iter().filter(|sample| !sample[3].is_null());
    assert!(exemplars.count() >= 5, "{total:?}");
    let accepted = &families["cloudnative_requests_accepted"];
    assert_eq!(accepted["type"], "counter");
    assert_eq!(families["process_cpu_seconds"]["unit"], "seconds");
}

fn parse(exposition: &str) -> Value {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/parts/openmetrics.py");
    let mut python = Command::new("python3")
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = python.stdin.take().unwrap();
    stdin.write_all(exposition.as_bytes()).unwrap();
    drop(stdin);
    let output = python.wait_with_output().unwrap();
    assert!(
        output.status.success(),
        "{}\n{exposition}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}
