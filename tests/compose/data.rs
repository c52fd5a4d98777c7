//! Every panel and every rule has data on the running stack; those of the canary, once it runs.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::{
    files::read,
    queries::{Query, of_dashboard},
    stack::Stack,
};

/// The first rates need two scrapes, recorded series an evaluation, and some panels a first span.
const DEADLINE: Duration = Duration::from_mins(5);

pub(crate) async fn every_expression_returns_data(stack: &Stack) {
    let queries = expressions(stack, false).await;
    assert!(queries.len() > 60, "only {} expressions", queries.len());
    all_return_data(stack, queries).await;
}

pub(crate) async fn every_expression_of_the_canary_returns_data(stack: &Stack) {
    let queries = expressions(stack, true).await;
    assert!(queries.len() > 15, "only {} expressions", queries.len());
    all_return_data(stack, queries).await;
}

/// The expressions of rules and dashboards on the canary's metrics, or all the others.
async fn expressions(stack: &Stack, of_canary: bool) -> Vec<Query> {
    let mut found = Prometheus::new(&stack.address("prometheus", "9090"))
        .rules()
        .await;
    for name in ["latency.json", "pipeline.json"] {
        found.extend(of_dashboard(name, &read(&format!("dashboards/{name}"))));
    }
    found.retain(|query| query.expr.contains("httpserver_canary_") == of_canary);
    found
}

async fn all_return_data(stack: &Stack, mut waiting: Vec<Query>) {
    let prometheus = Prometheus::new(&stack.address("prometheus", "9090"));
    let started = Instant::now();
    while !waiting.is_empty() {
        let mut empty = Vec::new();
        for query in waiting {
            if !prometheus.has_data(&query).await {
                empty.push(query);
            }
        }
        waiting = empty;
        assert!(
            waiting.is_empty() || started.elapsed() < DEADLINE,
            "no data after {DEADLINE:?}: {waiting:#?}"
        );
        tokio::time::sleep(Duration::from_secs(1)).await; // polling interval
    }
}

/// Waits until exactly this many replicas have samples in the last two scrapes; replicas that just ended still do.
pub(crate) async fn of_replicas_alone(stack: &Stack, replicas: u32) {
    let up = r#"count(count_over_time(up{job="httpserver"}[10s]))"#;
    appears(stack, &format!("{up} == {replicas}")).await;
}

/// Waits until an expression has data.
pub(crate) async fn appears(stack: &Stack, expr: &str) {
    let query = Query {
        place: "this test".to_owned(),
        expr: expr.to_owned(),
        exemplars: false,
    };
    all_return_data(stack, vec![query]).await;
}

/// The value of an expression with one sample.
pub(crate) async fn value(stack: &Stack, expr: &str) -> f64 {
    let prometheus = Prometheus::new(&stack.address("prometheus", "9090"));
    let data = prometheus.get("query", expr).await;
    let value = data["result"][0]["value"][1].as_str();
    value
        .unwrap_or_else(|| panic!("{expr}: {data}"))
        .parse()
        .unwrap()
}

struct Prometheus {
    base: String,
    client: reqwest::Client,
}

impl Prometheus {
    fn new(address: &str) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let timeout = Duration::from_mins(1);
        Self {
            base: format!("http://{address}/api/v1"),
            client: reqwest::Client::builder().timeout(timeout).build().unwrap(),
        }
    }

    async fn get(&self, path: &str, query: &str) -> Value {
        let url = format!("{}/{path}", self.base);
        let request = self.client.get(url).query(&[("query", query)]);
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        assert_eq!(answer["status"], "success", "{query}: {answer}");
        answer["data"].clone()
    }

    /// Recording rules as written. Alerts have no data on a healthy stack, so for them every series that they select.
    async fn rules(&self) -> Vec<Query> {
        let mut queries = Vec::new();
        let data = self.get("rules", "").await;
        for group in data["groups"].as_array().unwrap() {
            for rule in group["rules"].as_array().unwrap() {
                let (name, expr) = (
                    rule["name"].as_str().unwrap(),
                    rule["query"].as_str().unwrap(),
                );
                let exprs = if rule["type"] == "alerting" {
                    self.selectors(expr).await
                } else {
                    vec![expr.to_owned()]
                };
                queries.extend(exprs.into_iter().map(|expr| Query {
                    place: format!("rule {name}"),
                    expr,
                    exemplars: false,
                }));
            }
        }
        queries
    }

    /// The selectors of an expression, by Prometheus' own parser.
    async fn selectors(&self, expr: &str) -> Vec<String> {
        let mut found = Vec::new();
        let mut nodes = vec![self.get("parse_query", expr).await];
        while let Some(node) = nodes.pop() {
            if node["type"] == "vectorSelector" {
                found.push(selector(&node));
            }
            match node {
                Value::Object(fields) => nodes.extend(fields.into_iter().map(|(_, field)| field)),
                Value::Array(items) => nodes.extend(items),
                _ => {}
            }
        }
        found
    }

    async fn has_data(&self, query: &Query) -> bool {
        let data = self.get("query", &query.expr).await;
        (data["resultType"] == "scalar" || !data["result"].as_array().unwrap().is_empty())
            && (!query.exemplars || self.has_exemplars(&query.expr).await)
    }

    /// Whether a series has an exemplar that names its trace, as the link to Jaeger needs.
    async fn has_exemplars(&self, expr: &str) -> bool {
        let all = "query_exemplars?start=0&end=9999999999";
        let data = self.get(all, expr).await;
        let series = data.as_array().unwrap().iter();
        let mut exemplars = series.flat_map(|series| series["exemplars"].as_array().unwrap());
        exemplars.any(|exemplar| exemplar["labels"]["trace_id"].is_string())
    }
}

/// A parsed selector as text again.
fn selector(node: &Value) -> String {
    let matchers = node["matchers"].as_array().unwrap().iter();
    let matchers: Vec<_> = matchers
        .map(|matcher| {
            let text = |key: &str| matcher[key].as_str().unwrap().to_owned();
            format!("{}{}{:?}", text("name"), text("type"), text("value"))
        })
        .collect();
    format!("{{{}}}", matchers.join(","))
}
