//! What the tests put together: a service with a known seed, and configurations of Prometheus.

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::parts::{Prometheus, Service, until};

/// Buckets that put no percentile above the longest delay, and the seed.
const FLAGS: [&str; 4] = ["--seed", "7", "--buckets", "linear(0.1,0.1,20)"];

/// Services with the same seed.
pub(crate) fn service() -> Service {
    service_with(&[])
}

/// One with these flags besides.
pub(crate) fn service_with(flags: &[&str]) -> Service {
    Service::start::<&str>(&[&FLAGS, flags].concat(), &[])
}

/// One that sends its spans to somebody.
pub(crate) fn traced(environment: &[(&str, String)]) -> Service {
    Service::start(&FLAGS, environment)
}

pub(crate) fn images(address: SocketAddr) -> String {
    format!("http://{address}/images")
}

pub(crate) fn metrics(address: SocketAddr) -> String {
    format!("http://{address}/metrics")
}

/// A job that scrapes these targets each second.
pub(crate) fn job(name: &str, targets: &[SocketAddr]) -> Value {
    let targets: Vec<_> = targets.iter().map(ToString::to_string).collect();
    json!({
        "job_name": name, "scrape_interval": "1s", "scrape_timeout": "1s",
        "static_configs": [{"targets": targets}],
    })
}

/// A Prometheus with these jobs.
pub(crate) fn prometheus(jobs: &[Value]) -> Prometheus {
    Prometheus::start(&json!({ "scrape_configs": jobs }).to_string()) // JSON is YAML
}

/// Waits until Prometheus has tried as many targets; it looks for them some seconds after its start.
pub(crate) fn tried(prometheus: &Prometheus, targets: f64) {
    until("each target to be tried", || {
        prometheus
            .value("count(up)")
            .filter(|tried| *tried >= targets)
    });
}
