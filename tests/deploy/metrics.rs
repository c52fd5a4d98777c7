//! Every metric in a dashboard or rule is exported by the service or by another part.

use std::{collections::BTreeSet, time::Duration};

use clap::Parser;
use httpserver::{
    clock::Clock,
    serve::{App, SERVICE, ServeArgs, Server},
    telemetry::Telemetry,
};

use crate::{
    files::{below, read},
    queries::{Query, metrics, of_dashboard, of_rules},
};

/// Prefixes of the metrics that other parts export. `tests/compose` checks on the real stack that each has data.
const OTHERS: [(&str, &str); 7] = [
    ("otelcol_", "the collector"),
    ("traces_span_metrics_", "the collector's span metrics"),
    ("prometheus_", "Prometheus, on itself"),
    ("scrape_", "Prometheus, on each scrape"),
    ("ALERTS", "Prometheus, on its alerts"),
    ("httpserver_canary_", "the canary"),
    (
        "otel_sdk_",
        "the service's SDK, once something is exported to",
    ),
];

#[derive(Parser)]
struct Flags {
    #[command(flatten)]
    serve: ServeArgs,
}

/// The names of the series in a scrape of a service that has answered one request.
async fn exported() -> BTreeSet<String> {
    let listen = [
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--delay",
        "constant(0s)",
    ];
    let args = Flags::parse_from(listen).serve;
    let telemetry = Telemetry::unexported(SERVICE).unwrap();
    let app = App::new(&args, &telemetry, Clock::start().unwrap());
    let server = Server::bind(&args, &telemetry, app).unwrap();
    let url = format!("http://{}", server.address().unwrap());
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = tokio::spawn(server.run(async { drop(stopped.await) }));
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder()
        .timeout(Duration::from_mins(1))
        .build()
        .unwrap();
    let get = async |path: &str| {
        let answer = client.get(format!("{url}{path}")).send().await.unwrap();
        answer.error_for_status().unwrap().text().await.unwrap()
    };
    get("/images").await;
    let scrape = get("/metrics").await;
    stop.send(()).unwrap();
    assert!(running.await.unwrap(), "the service did not drain");
    let series = scrape.lines().filter(|line| !line.starts_with('#'));
    let series = series.map(|line| line.split(['{', ' ']).next().unwrap());
    // A native histogram has the name of the classic one, without a suffix; it is not in this text format.
    let native = |name: &str| name.strip_suffix("_bucket").map(str::to_owned);
    series
        .flat_map(|name| [Some(name.to_owned()), native(name)])
        .flatten()
        .collect()
}

fn every_query() -> Vec<Query> {
    let mut queries = of_rules(&read("prometheus/rules.yml"));
    for path in below("dashboards", ".json") {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        queries.extend(of_dashboard(&name, &read(&format!("dashboards/{name}"))));
    }
    queries
}

#[tokio::test]
async fn every_metric_in_dashboards_and_rules_is_exported() {
    let exported = exported().await;
    let rules = read("prometheus/rules.yml");
    let known = |name: &str| {
        name == "up"
            || exported.contains(name)
            || rules.contains(&format!("record: {name}\n"))
            || OTHERS.iter().any(|(prefix, _)| name.starts_with(prefix))
    };
    let queries = every_query();
    assert!(queries.len() > 60, "only {} expressions", queries.len());
    let unknown: Vec<_> = queries
        .iter()
        .flat_map(|query| {
            let names = metrics(&query.expr).into_iter();
            names
                .filter(|name| !known(name))
                .map(|name| format!("{name} ({})", query.place))
        })
        .collect();
    assert!(unknown.is_empty(), "not exported: {unknown:#?}");
}
