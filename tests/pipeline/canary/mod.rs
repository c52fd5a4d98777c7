//! `httpserver canary` among real parts: its panels and rules have data, and each of its alerts fires when a hop breaks.

mod alerts;
mod panels;
mod unjudged;

use std::{net::SocketAddr, path::Path, process::Command};

use serde_json::Value;

use crate::{
    boards::{prometheus_of, set_target, yaml},
    parts::{Prometheus, Service, free_address},
};

/// Of small rounds.
const USUAL: [&str; 3] = ["--every=4s", "--duration=1s", "--rate=10"];

/// A Prometheus as in compose, with these rules, and a canary with small rounds and these flags besides.
fn watch(service: &Service, rules: &Path, flags: &[&str]) -> (Prometheus, Service) {
    let address = free_address();
    let mut jobs = yaml("prometheus/scrape/compose.yml")["scrape_configs"].take();
    let targets = [service.address, address];
    for (job, target) in jobs.as_array_mut().unwrap().iter_mut().zip(targets) {
        set_target(job, target);
    }
    let prometheus = prometheus_of(&jobs, "docker-compose.yml", rules);
    let canary = canary(service, &prometheus, address, flags);
    (prometheus, canary)
}

/// A canary with small rounds and these flags besides.
fn canary(
    service: &Service,
    prometheus: &Prometheus,
    address: SocketAddr,
    flags: &[&str],
) -> Service {
    let name = |flag: &str| flag.split_once('=').map(|(name, _)| name.to_owned());
    let is_given = |usual: &str| flags.iter().any(|flag| name(flag) == name(usual));
    let mut command = Command::new(env!("CARGO_BIN_EXE_httpserver"));
    command
        .arg("canary")
        .args(USUAL.iter().filter(|usual| !is_given(usual)))
        .arg(format!("--target={}/images", service.url()))
        .arg(format!("--prometheus={}", prometheus.url()))
        .arg(format!("--listen={address}"))
        .args(flags);
    Service::run_until::<&str>(command, &[], "the status is at http://")
}

/// The result of a query that has one.
fn found(prometheus: &Prometheus, expr: &str) -> Option<Value> {
    let result = prometheus.query(expr);
    let found = !result.as_array().unwrap().is_empty();
    found.then_some(result)
}
