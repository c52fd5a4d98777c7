//! Set-ups of the tests: services with known short delays, and a Prometheus that scrapes them.

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::{
    parts::{Prometheus, Service},
    proxy::{Faults, Proxy},
};

/// The hops that need neither Prometheus nor traces.
pub(crate) const OWN: [&str; 5] = ["drawn", "measured", "received", "metrics", "ledger"];

/// Delays of at most 0.2 s, in buckets that put no percentile above the longest one.
pub(crate) const SERVICE: [&str; 6] = [
    "--delay",
    "uniform(0s,0.2s)",
    "--buckets",
    "linear(0.02,0.02,15)",
    "--seed",
    "7",
];

/// A service.
pub(crate) fn service() -> Service {
    Service::start::<&str>(&SERVICE, &[])
}

/// One with these variables, such as those that make it export its spans.
pub(crate) fn traced(environment: &[(&str, String)]) -> Service {
    Service::start(&SERVICE, environment)
}

/// A service behind an address that stays the same.
pub(crate) fn behind() -> (Service, Proxy) {
    let service = service();
    let front = Proxy::start(&[service.address], Faults::default());
    (service, front)
}

/// A job that scrapes this each second, with native histograms beside the classic ones.
pub(crate) fn job(target: SocketAddr) -> Value {
    json!({
        "job_name": target, "scrape_interval": "1s", "scrape_timeout": "1s",
        "scrape_native_histograms": true, "always_scrape_classic_histograms": true,
        "static_configs": [{"targets": [target]}],
    })
}

/// A Prometheus that scrapes this.
pub(crate) fn scraping(target: SocketAddr) -> Prometheus {
    prometheus(&json!({"scrape_configs": [job(target)]}))
}

/// A job that scrapes this, and writes each sample on to a store within a second.
pub(crate) fn writing(jobs: &[Value], store: &str) -> Prometheus {
    let url = format!("{store}/api/v1/write");
    prometheus(&json!({
        "scrape_configs": jobs,
        "remote_write": [{"url": url, "queue_config": {"batch_send_deadline": "1s"}}],
    }))
}

/// A collector's processors that drop half of the traces.
pub(crate) fn half_of_the_traces() -> Value {
    let half = json!({
        "name": "half", "type": "probabilistic", "probabilistic": {"sampling_percentage": 50},
    });
    json!({"tail_sampling": {"decision_wait": "1s", "policies": [half]}})
}

/// A Prometheus with this configuration, which stores exemplars.
pub(crate) fn prometheus(config: &Value) -> Prometheus {
    let flags = ["--enable-feature=exemplar-storage"];
    Prometheus::start_with(&config.to_string(), &flags) // JSON is YAML
}
