//! At its end a service waits until each Prometheus has what its last answers recorded.

use std::net::SocketAddr;

use crate::{
    load,
    parts::{self, Prometheus, Service, until_or},
};

const COUNT: &str =
    r#"sum(last_over_time(cloudnative_execution_latency_seconds_count{step="total"}[5m]))"#;
const SCRAPED: &str = "the last answers were scraped";

/// Starts Prometheus, and returns when it has scraped twice: then the service knows its interval.
fn scraping(target: SocketAddr, interval: &str) -> Prometheus {
    let prometheus = Prometheus::start(&Prometheus::scraping("x", &[target], interval));
    let scrapes = || prometheus.value("sum(count_over_time(up[1m]) * max_over_time(up[1m]))");
    until_or(
        || (scrapes() >= Some(2.0)).then_some(()),
        || "two scrapes".to_owned(),
    );
    prometheus
}

/// Sends requests, and ends the service at once; the number of answers.
fn answer_and_end(service: &mut Service) -> f64 {
    let answered = load::answered(&load::run(service.address, 10, 4));
    service.process.signal("-TERM");
    let status = service.process.wait();
    assert_eq!(status.code(), Some(0), "{}", service.process.said());
    answered as f64
}

/// Waits until Prometheus has stored what it has read, which the service does not wait for.
fn stored(prometheus: &Prometheus, answered: f64) {
    until_or(
        || (prometheus.value(COUNT) == Some(answered)).then_some(()),
        || format!("{:?} of {answered}", prometheus.value(COUNT)),
    );
}

#[test]
fn every_server_that_scrapes_has_the_last_answers() {
    if parts::absent(&["prometheus"]) {
        return;
    }
    let mut service = Service::start(&["--delay", "constant(5ms)"], &[("", ""); 0]);
    // At one address, with one user agent: as an HA pair on one host.
    let pair = [2, 3].map(|seconds| scraping(service.address, &format!("{seconds}s")));
    let answered = answer_and_end(&mut service);
    for prometheus in &pair {
        stored(prometheus, answered);
    }
    let said = service.process.said();
    assert_eq!(said.matches(SCRAPED).count(), 2, "{said}");
}

#[test]
fn metrics_at_an_address_of_their_own_are_scraped_to_the_end() {
    if parts::absent(&["prometheus"]) {
        return;
    }
    let metrics = parts::free_address();
    let mut service = Service::start(
        &["--metrics-listen", &metrics.to_string()],
        &[("HTTPSERVER_DELAY", "constant(5ms)")],
    );
    let prometheus = scraping(metrics, "2s");
    let answered = answer_and_end(&mut service);
    stored(&prometheus, answered);
}

#[test]
fn without_a_grace_the_last_answers_are_lost() {
    if parts::absent(&["prometheus"]) {
        return;
    }
    let flags = ["--delay", "constant(5ms)", "--scrape-grace", "0s"];
    let mut service = Service::start(&flags, &[("", ""); 0]);
    let prometheus = scraping(service.address, "10s");
    let answered = answer_and_end(&mut service);
    let known = prometheus.value(COUNT).unwrap_or_default();
    assert!(known < answered, "{known} of {answered}");
    assert!(!service.process.said().contains(SCRAPED));
}
