//! Text from the environment, as a real Prometheus and its promtool read it.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use crate::parts::{self, Prometheus, Service, until};

/// Attributes whose keys, as they are, make Prometheus drop the target; and one value with everything to be escaped.
const ATTRIBUTES: &str = "1st=1,a:b=2,__name__=x,é=3,a.b=4,service.instance.id=pod \"a\"\\ h%C3%A9%0A%01,le=5,\
                          deployment.environment.name=%20a%2Cb%3Dc%22%0D";

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
    let info = until("a scrape", || {
        let info = prometheus.query("target_info");
        info.get(0).map(|sample| sample["metric"].clone())
    });
    assert_eq!(prometheus.value("up"), Some(1.0));
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
