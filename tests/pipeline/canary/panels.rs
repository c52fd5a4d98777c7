//! Every panel and rule of the canary has data on a real Prometheus, and a service that ends fires an alert.

use super::{found, watch};
use crate::{
    boards::{has_data, yaml},
    files::{read, root},
    parts::{self, Service, until_or},
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
    let rules = root().join("prometheus/rules.yml");
    let (prometheus, canary) = watch(&service, &rules, &["--deadline=4s"]);

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
