//! Every connection that the network policies allow, as one table; no other connection may pass.

use std::collections::BTreeSet;

use crate::{
    objects::{Object, objects},
    policy::{Pod, passes, policies},
};

/// Allowed connections. `stranger` is a pod in another namespace, `own-prometheus` one in the namespace `monitoring`;
/// `api-server` and `internet` are not pods.
const FLOWS: &[(&str, &[&str])] = &[
    (
        "httpserver",
        &["otel-collector:4317", "otel-collector:4318"],
    ),
    ("load", &["httpserver:8080"]),
    (
        "verify",
        &[
            "httpserver:8080",
            "httpserver:9464",
            "prometheus:9090",
            "jaeger:16686",
        ],
    ),
    (
        "canary",
        &[
            "httpserver:8080",
            "httpserver:9464",
            "prometheus:9090",
            "jaeger:16686",
        ],
    ),
    ("otel-collector", &["jaeger:4317"]),
    ("jaeger", &[]),
    ("grafana", &["prometheus:9090", "jaeger:16686"]),
    (
        "prometheus",
        &[
            "httpserver:9464",
            "canary:9465",
            "otel-collector:8888",
            "otel-collector:8889",
            "jaeger:8888",
            "prometheus:9090",
            // Discovery: no selector matches the API server, so its ports are open.
            "api-server:6443",
            "internet:443",
        ],
    ),
    ("stranger", &["httpserver:8080"]),
    (
        "own-prometheus",
        &["httpserver:8080", "httpserver:9464", "canary:9465"],
    ),
];

/// Every pod may use it.
const NAMES: &str = "kube-dns:53";

#[test]
fn exactly_the_flows_of_the_table_pass() {
    let found = flows_that_pass();
    let expected: BTreeSet<_> = FLOWS
        .iter()
        .flat_map(|(from, to)| to.iter().chain([&NAMES]).map(move |to| flow(from, to)))
        .collect();
    let missing: Vec<_> = expected.difference(&found).collect();
    let open: Vec<_> = found.difference(&expected).collect();
    assert!(
        missing.is_empty() && open.is_empty(),
        "must pass and does not: {missing:#?}\npasses and must not: {open:#?}"
    );
}

#[test]
fn every_pod_has_a_default_policy_that_denies() {
    let policies = policies();
    let outsider = outside("outsider", 1);
    for mut pod in pods() {
        pod.labels.clear();
        pod.ports.push(("any".to_owned(), 12345));
        assert!(
            !passes(&policies, &pod, &outsider, 1),
            "{} may leave",
            pod.name
        );
        assert!(
            !passes(&policies, &outsider, &pod, 12345),
            "{} is open",
            pod.name
        );
    }
}

fn flow(from: &str, to: &str) -> String {
    format!("{from} -> {to}")
}

/// Checks all pairs and ports, except connections from outside the cluster and from its DNS.
fn flows_that_pass() -> BTreeSet<String> {
    let policies = policies();
    let strangers = [
        other("stranger", "default", ("app", "stranger"), 80),
        other("own-prometheus", "monitoring", ("app", "prometheus"), 9090),
    ];
    let names = other("kube-dns", "kube-system", ("k8s-app", "kube-dns"), 53);
    let mut to = pods();
    let mut from = to.clone();
    from.extend(strangers.clone());
    to.extend([names, outside("api-server", 6443), outside("internet", 443)]);

    let mut found = BTreeSet::new();
    for from in &from {
        for to in &to {
            // Policies for a stranger's outgoing connections belong to its namespace.
            let strange = strangers.iter().any(|stranger| stranger.name == from.name);
            if strange && to.namespace.is_none() {
                continue;
            }
            let ports = to.ports.iter().map(|(_, number)| *number);
            let open = ports.filter(|port| passes(&policies, from, to, *port));
            found.extend(open.map(|port| flow(&from.name, &format!("{}:{port}", to.name))));
        }
    }
    found
}

fn pods() -> Vec<Pod> {
    let pods: Vec<_> = objects().iter().filter_map(pod_of).collect();
    assert_eq!(
        pods.len(),
        FLOWS.len() - 2,
        "pods without a row in the table"
    );
    pods
}

fn pod_of(object: &Object) -> Option<Pod> {
    let template = object.template()?;
    let containers = template["spec"]["containers"].as_array()?;
    let ports = containers.iter().flat_map(|container| {
        let ports = container["ports"].as_array().cloned().unwrap_or_default();
        ports.into_iter().map(|port| {
            let number = port["containerPort"].as_u64().unwrap();
            let name = port["name"].as_str().unwrap().to_owned();
            (name, u16::try_from(number).unwrap())
        })
    });
    Some(Pod {
        name: object.name().to_owned(),
        namespace: Some(object.namespace.clone()),
        labels: serde_json::from_value(template["metadata"]["labels"].clone()).unwrap(),
        ports: ports.collect(),
    })
}

fn other(name: &str, namespace: &str, (key, value): (&str, &str), port: u16) -> Pod {
    Pod {
        name: name.to_owned(),
        namespace: Some(namespace.to_owned()),
        labels: [(key.to_owned(), value.to_owned())].into(),
        ports: vec![("service".to_owned(), port)],
    }
}

fn outside(name: &str, port: u16) -> Pod {
    Pod {
        name: name.to_owned(),
        ports: vec![("service".to_owned(), port)],
        ..Pod::default()
    }
}
