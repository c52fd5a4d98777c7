//! Text from the environment, as a real Prometheus and its promtool read it.

use std::{
    io::Write,
    net::SocketAddr,
    process::{Command, Stdio},
};

use serde_json::{Value, json};

use crate::parts::{self, Prometheus, Service, until};

/// Attributes whose keys, as they are, make Prometheus drop the target; and one value with everything to be escaped.
const ATTRIBUTES: &str = "1st=1,a:b=2,__name__=x,é=3,a.b=4,service.instance.id=pod \"a\"\\ h%C3%A9%0A%01,le=5,\
                          deployment.environment.name=%20a%2Cb%3Dc%22%0D";

/// What Prometheus' configuration, its query language or its regular expressions might read as their own.
const HOSTILE: &str = "a\"b'c`d\\e.*|(f)[g]{h}^i$j,k=l\nm\té%25\u{85}\u{2028}\u{1F600}";

const INSTANCE_ID: &str = "pod \"a\"\\ hé\n\u{1}";

#[test]
fn no_attribute_makes_prometheus_drop_the_target() {
    if parts::absent(&["prometheus", "promtool"]) {
        return;
    }
    let environment = [
        ("OTEL_RESOURCE_ATTRIBUTES", ATTRIBUTES),
        ("OTEL_SERVICE_NAME", "a\"b\\c"),
    ];
    let service = Service::start(&["--delay", "constant(0s)"], &environment);
    let metrics = service.metrics();
    let said = check(&metrics);
    assert!(!said.contains("error while linting"), "{said}\n{metrics}");

    let config = Prometheus::scraping("service", &[service.address], "1s");
    let prometheus = Prometheus::start(&config);
    let info = until("a scrape that succeeds", || {
        let info = prometheus.query("target_info and on(instance) up == 1");
        info.get(0).map(|sample| sample["metric"].clone())
    });
    assert_eq!(info["service_instance_id"], INSTANCE_ID);
    assert_eq!(info["service_name"], "a\"b\\c");
    assert_eq!(info["deployment_environment_name"], " a,b=c\"\r");
    assert_eq!(info["_1st"], "1");
    assert_eq!(info["a_b"], "4;2");
    assert_eq!(info["telemetry_sdk_language"], "rust");
}

#[test]
fn the_replica_in_server_timing_is_read_back_as_the_instance_id() {
    let environment = [("OTEL_RESOURCE_ATTRIBUTES", ATTRIBUTES)];
    let service = Service::start(&["--delay", "constant(0s)"], &environment);
    let answer = service.get("/images");
    let header = answer.header("server-timing");
    let Ok(timing) = header.parse::<httpserver::contract::ServerTiming>();
    assert_eq!(timing.replica.as_deref(), Some(INSTANCE_ID), "{header}");
}

/// Each text of an operator goes into JSON, headers, an exposition and queries; a real Prometheus answers the queries.
#[test]
fn verify_passes_whatever_the_names_of_replica_job_and_target() {
    if parts::absent(&["prometheus"]) {
        return;
    }
    let environment = [("OTEL_RESOURCE_ATTRIBUTES", ATTRIBUTES)];
    let flags = [
        "--delay",
        "constant(1ms)",
        "--access-log",
        "--log-format",
        "json",
    ];
    let service = Service::start(&flags, &environment);
    let labels = json!({"a": HOSTILE, "b": "", "c": "$1"});
    let prometheus = Prometheus::start(&scraping(service.address, &labels));
    let report = verify(service.address, &prometheus, &[]);
    assert_eq!(report["exit"], 0, "{report:#}");

    assert_eq!(service.get("/truth").json()["instance_id"], INSTANCE_ID);
    for line in service.process.said().lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let id = &line["service.instance.id"];
        assert!(id.is_null() || id == INSTANCE_ID, "{line}");
    }
}

#[test]
fn a_replica_that_is_not_scraped_is_named_whatever_its_id() {
    if parts::absent(&["prometheus"]) {
        return;
    }
    let environment = [("OTEL_RESOURCE_ATTRIBUTES", ATTRIBUTES)];
    let service = Service::start(&["--delay", "constant(1ms)"], &environment);
    let other = Service::start::<&str>(&["--delay", "constant(1ms)"], &[]);
    let prometheus = Prometheus::start(&scraping(other.address, &json!({})));
    let report = verify(service.address, &prometheus, &["--wait", "3s"]);
    assert_eq!(report["exit"], 1, "{report:#}");
    let said = report.to_string();
    assert!(said.contains("is not scraped"), "{report:#}");
}

/// A job with a hostile name, whose target has these labels.
fn scraping(address: SocketAddr, labels: &Value) -> String {
    let job = json!({
        "job_name": HOSTILE, "scrape_interval": "1s",
        "static_configs": [{"targets": [address.to_string()], "labels": labels}],
    });
    json!({"scrape_configs": [job]}).to_string()
}

/// The report of a short run.
fn verify(target: SocketAddr, prometheus: &Prometheus, flags: &[&str]) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_httpserver"));
    let (target, prometheus) = (format!("http://{target}/images"), prometheus.url());
    command.args(["verify", "--target", &target, "--prometheus", &prometheus]);
    command.args(["--output", "json", "--rate", "30", "--duration", "2s"]);
    let output = command
        .args(["--max-clock-error", "10s"])
        .args(flags)
        .output();
    let output = output.unwrap();
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

/// What `promtool check metrics` says of an exposition.
fn check(metrics: &str) -> String {
    let mut child = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(metrics.as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    String::from_utf8_lossy(&output.stderr).into_owned()
}
