//! Every query of the latency dashboard and every recording rule has data on a real Prometheus that has the scrape
//! options, the rules and the features of the deployments. `tests/compose` tries them, and all others, on the stack.

use std::{net::SocketAddr, path::Path};

use serde_json::{Value, json};

use crate::{
    files::{read, root},
    load,
    parts::{self, Prometheus, Service, until_or},
    queries::{Query, of_dashboard},
};

/// Instead of seconds.
const INTERVAL: &str = "250ms";

/// Spans are recorded and sampled; where they go does not matter here.
const SAMPLED: [(&str, &str); 1] = [("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")];

pub(crate) fn yaml(path: &str) -> Value {
    serde_saphyr::from_str(&read(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Prometheus as deployed, with one target, without its own discovery.
fn prometheus(scrape: &str, deployment: &str, service: &Service) -> Prometheus {
    let mut job = yaml(scrape)["scrape_configs"][0].take();
    set_target(&mut job, service.address);
    prometheus_of(
        &json!([job]),
        deployment,
        &root().join("prometheus/rules.yml"),
    )
}

/// Replaces the discovery of a job.
pub(crate) fn set_target(job: &mut Value, target: SocketAddr) {
    let options = job.as_object_mut().unwrap();
    options.retain(|key, _| !key.ends_with("_sd_configs") && key != "relabel_configs");
    job["static_configs"] = json!([{ "targets": [target.to_string()] }]);
}

/// Prometheus as deployed, with these jobs and rules, and with shorter intervals.
pub(crate) fn prometheus_of(jobs: &Value, deployment: &str, rules: &Path) -> Prometheus {
    let mut config = yaml("prometheus/prometheus.yml");
    for interval in ["scrape_interval", "scrape_timeout", "evaluation_interval"] {
        config["global"][interval] = json!(INTERVAL);
    }
    config["rule_files"] = json!([rules]);
    config["scrape_config_files"] = json!([]);
    config["scrape_configs"] = jobs.clone();

    let deployment = read(deployment);
    let features: Vec<_> = deployment
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix("- "))
        .filter(|argument| argument.starts_with("--enable-feature="))
        .collect();
    Prometheus::start_with(&config.to_string(), &features)
}

/// The queries of the dashboard, and the recording rules; alerts have no data on a healthy service, and `canary` tries the
/// group of the canary.
fn queries() -> Vec<Query> {
    let mut queries = of_dashboard("latency.json", &read("dashboards/latency.json"));
    let rules = yaml("prometheus/rules.yml");
    let groups = rules["groups"].as_array().unwrap().iter();
    let groups = groups.filter(|group| group["name"] != "canary");
    for rule in groups.flat_map(|group| group["rules"].as_array().unwrap()) {
        if let Some(name) = rule["record"].as_str() {
            queries.push(Query {
                place: format!("rule {name}"),
                expr: rule["expr"].as_str().unwrap().to_owned(),
                exemplars: false,
            });
        }
    }
    queries
}

/// Every sample is a histogram or a finite number, and every exemplar that is asked for names a trace.
pub(crate) fn has_data(prometheus: &Prometheus, query: &Query) -> bool {
    let result = prometheus.query(&query.expr);
    let finite = |sample: &Value| {
        let value = sample["value"][1].as_str();
        let number = value.is_some_and(|value| value.parse().is_ok_and(f64::is_finite));
        number || sample.get("histogram").is_some()
    };
    let samples = result.as_array().unwrap();
    !samples.is_empty()
        && samples.iter().all(finite)
        && (!query.exemplars || has_exemplars(prometheus, &query.expr))
}

fn has_exemplars(prometheus: &Prometheus, expr: &str) -> bool {
    let expr = parts::escaped(expr);
    let path = format!("/api/v1/query_exemplars?query={expr}&start=0&end=9999999999");
    let found = prometheus.api(&path);
    let series = found.as_array().unwrap();
    let named = |exemplar: &Value| exemplar["labels"]["trace_id"].is_string();
    !series.is_empty()
        && series.iter().all(|series| {
            // Grafana draws an exemplar in the row of its bucket.
            series["seriesLabels"]["le"].is_string()
                && series["exemplars"].as_array().unwrap().iter().all(named)
        })
}

#[test]
fn every_panel_and_recording_rule_has_data() {
    if parts::absent(&["prometheus"]) {
        return;
    }
    let service = Service::start(&["--delay", "uniform(0s,100ms)"], &SAMPLED);
    let deployed = [
        ("prometheus/scrape/compose.yml", "docker-compose.yml"),
        (
            "prometheus/scrape/kubernetes.yml",
            "k8s/observability/prometheus/deployment.yaml",
        ),
    ];
    for (scrape, deployment) in deployed {
        let prometheus = prometheus(scrape, deployment, &service);
        let all = queries();
        assert!(all.len() > 60, "only {} queries", all.len());
        load::during(service.address, 8, || {
            for query in &all {
                until_or(
                    || has_data(&prometheus, query).then_some(()),
                    || format!("{scrape}, without data: {query:#?}"),
                );
            }
        });
    }
}
