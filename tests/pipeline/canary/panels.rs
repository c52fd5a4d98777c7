//! Every panel and rule of the canary has data on a real Prometheus, and a service that ends fires an alert.

use std::process::Command;

use serde_json::Value;

use crate::{
    boards::{has_data, prometheus_of, set_target, yaml},
    files::read,
    parts::{self, Prometheus, Service, free_address, until_or},
    queries::{Query, of_dashboard},
};

/// The queries of the dashboard's row and the recording rules of the group.
fn queries() -> Vec<Query> {
    let mut queries = of_dashboard("pipeline.json", &read("dashboards/pipeline.json"));
    queries.retain(|query| query.expr.contains("httpserver_canary_"));
    let rules = yaml("prometheus/rules.yml");
    let groups = rules["groups"].as_array().unwrap().iter();
    let own = groups.filter(|group| group["name"] == "canary");
    for rule in own.flat_map(|group| group["rules"].as_array().unwrap()) {
        if let Some(name) = rule["record"].as_str() {
            queries.push(Query {
                place: format!("rule {name}"),
                expr: name.to_owned(),
                exemplars: false,
            });
        }
    }
    queries
}

#[test]
fn every_panel_and_rule_of_the_canary_has_data_and_a_service_that_ends_fires() {
    if parts::absent(&["prometheus"]) {
        return;
    }
    let service = Service::start::<&str>(&["--delay", "uniform(0s,100ms)"], &[]);
    let address = free_address();
    let mut jobs = yaml("prometheus/scrape/compose.yml")["scrape_configs"].take();
    let targets = [service.address, address];
    for (job, target) in jobs.as_array_mut().unwrap().iter_mut().zip(targets) {
        set_target(job, target);
    }
    let prometheus = prometheus_of(&jobs, "docker-compose.yml");
    let mut command = Command::new(env!("CARGO_BIN_EXE_httpserver"));
    command
        .args([
            "canary",
            "--every=4s",
            "--deadline=4s",
            "--duration=1s",
            "--rate=10",
        ])
        .arg(format!("--target={}/images", service.url()))
        .arg(format!("--prometheus={}", prometheus.url()))
        .arg(format!("--listen={address}"));
    let canary = Service::run_until::<&str>(command, &[], "the status is at http://");

    let native = "histogram_count(sum(httpserver_canary_visible_seconds)) > 0";
    let all = queries();
    assert!(all.len() > 15, "only {} queries", all.len());
    for query in &all {
        until_or(
            || has_data(&prometheus, query).then_some(()),
            || format!("without data: {query:#?}"),
        );
    }
    until_or(|| found(&prometheus, native), || native.to_owned());

    drop(service);
    let alert = r#"ALERTS{alertname="CanaryFailing",alertstate="firing",hop=~"received|round"}"#;
    until_or(
        || found(&prometheus, alert),
        || {
            prometheus
                .query("httpserver_canary_rounds_total > 0")
                .to_string()
        },
    );
    drop(canary);
}

fn found(prometheus: &Prometheus, expr: &str) -> Option<Value> {
    let result = prometheus.query(expr);
    let found = !result.as_array().unwrap().is_empty();
    found.then_some(result)
}
