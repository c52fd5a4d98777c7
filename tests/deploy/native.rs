//! Native histograms and exemplars are scraped, kept and drawn alike in compose, in Kubernetes and in the dashboards.

use serde_json::{Value, json};

use crate::{
    files::{between, read},
    queries::{of_dashboard, of_rules},
};

const CLASSIC: &str = "cloudnative_execution_latency_seconds_bucket{";
const CONVENTIONS: &str = "http_server_request_duration_seconds_bucket{";
const NATIVE: &str = "cloudnative_execution_latency_seconds{";

fn yaml(path: &str) -> Value {
    serde_saphyr::from_str(&read(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn the_service_and_the_canary_alone_are_scraped_for_native_and_for_classic_histograms() {
    for (place, names) in [
        ("compose", &["httpserver", "httpserver-canary"][..]),
        ("kubernetes", &["pods"]),
    ] {
        let config = yaml(&format!("prometheus/scrape/{place}.yml"));
        let jobs = config["scrape_configs"].as_array().unwrap();
        let found: Vec<_> = jobs.iter().map(|job| &job["job_name"]).collect();
        assert_eq!(found, names, "{place}");
        for option in [
            "scrape_native_histograms",
            "always_scrape_classic_histograms",
        ] {
            for job in jobs {
                assert_eq!(job[option], true, "{place}: {option}");
            }
        }
    }
    assert!(!read("prometheus/prometheus.yml").contains("_histograms"));
    let monitor = yaml("k8s/prometheus-operator/pod-monitor.yaml");
    for option in ["scrapeNativeHistograms", "scrapeClassicHistograms"] {
        assert_eq!(monitor["spec"][option], true, "{option}");
    }
}

#[test]
fn the_canary_is_one_job_by_whatever_it_is_discovered() {
    let job = "httpserver-canary";
    let compose = yaml("prometheus/scrape/compose.yml");
    assert_eq!(compose["scrape_configs"][1]["job_name"], job);
    let pod = yaml("k8s/canary/deployment.yaml");
    let labels = &pod["spec"]["template"]["metadata"]["labels"];
    assert_eq!(labels["app.kubernetes.io/name"], job);
    let monitor = yaml("k8s/prometheus-operator/pod-monitor.yaml");
    let selected = &monitor["spec"]["selector"]["matchExpressions"][0];
    assert_eq!(selected["key"], monitor["spec"]["jobLabel"]);
    assert_eq!(selected["values"], json!(["httpserver", job]));
}

#[test]
fn prometheus_stores_exemplars_and_can_scrape_native_histograms() {
    for file in [
        "docker-compose.yml",
        "k8s/observability/prometheus/deployment.yaml",
    ] {
        let text = read(file);
        let stores = "- --enable-feature=exemplar-storage\n";
        assert!(text.contains(stores), "{file}");
        let version = between(&text, "image: prom/prometheus:v", '\n')[0];
        let mut parts = version.split('.').map(|part| part.parse::<u32>().unwrap());
        let version = (parts.next().unwrap(), parts.next().unwrap());
        assert!(version >= (3, 8), "{file}: {version:?}"); // the first one with `scrape_native_histograms`
    }
}

#[test]
fn every_comparison_of_buckets_has_the_native_estimate_too() {
    let queries = of_dashboard("latency.json", &read("dashboards/latency.json"));
    let of = |place: &str, series: &str| {
        let estimates = queries
            .iter()
            .filter(|query| query.place == place && query.expr.contains("histogram_quantile("));
        estimates
            .map(|query| query.expr.matches(series).count())
            .sum::<usize>()
    };
    let mut compared = 0;
    let mut places: Vec<_> = queries.iter().map(|query| &query.place).collect();
    places.dedup();
    for place in places {
        let classic = of(place, CLASSIC);
        if classic > 0 && of(place, CONVENTIONS) > 0 {
            assert_eq!(of(place, NATIVE), classic, "{place}");
            compared += 1;
        }
    }
    assert!(compared >= 4, "only {compared} panels compare");
}

#[test]
fn every_classic_quantile_is_recorded_as_a_native_one_too() {
    let rules = read("prometheus/rules.yml");
    let recorded = between(
        &rules,
        "record: job:cloudnative_execution_latency_seconds:",
        '\n',
    );
    let classic = recorded.iter().filter(|name| name.starts_with('p'));
    let missing: Vec<_> = classic
        .clone()
        .filter(|name| !recorded.contains(&format!("native_{name}").as_str()))
        .collect();
    assert!(missing.is_empty(), "no native {missing:?} in {recorded:?}");
    assert!(classic.count() >= 4, "{recorded:?}");
    assert!(
        of_rules(&rules)
            .iter()
            .any(|rule| rule.expr.contains(NATIVE))
    );
}

#[test]
fn an_exemplar_opens_its_trace_in_jaeger() {
    let queries = of_dashboard("latency.json", &read("dashboards/latency.json"));
    let heatmap = queries.iter().find(|query| query.place.contains("heatmap"));
    let heatmap = heatmap.unwrap();
    assert!(
        heatmap.exemplars && heatmap.expr.contains("by (le)"),
        "{heatmap:?}"
    );

    let sources = yaml("dashboards/provisioning/datasources/datasources.yml");
    let uids: Vec<_> = (0..2)
        .map(|n| sources["datasources"][n]["uid"].clone())
        .collect();
    assert_eq!(uids, ["prometheus", "jaeger"]);
    let links = &sources["datasources"][0]["jsonData"]["exemplarTraceIdDestinations"];
    assert_eq!(links[0]["name"], "trace_id");
    // Grafana replaces `${NAME}` when it starts, and `$$` by `$`.
    assert_eq!(links[0]["url"], "${JAEGER_URL}/trace/$${__value.raw}");

    let compose = yaml("docker-compose.yml");
    let url = &compose["services"]["grafana"]["environment"]["JAEGER_URL"];
    assert_eq!(url, "http://localhost:${JAEGER_PORT:-16686}");
    let variables = &compose["services"]["httpserver"]["environment"];
    let trace = format!("{}/trace/{{trace_id}}", url.as_str().unwrap());
    assert_eq!(variables["HTTPSERVER_TRACE_URL"], trace);
    let grafana = yaml("k8s/observability/grafana/deployment.yaml");
    let variables = &grafana["spec"]["template"]["spec"]["containers"][0]["env"];
    let url = json!({"name": "JAEGER_URL", "value": "http://localhost:16686"});
    assert!(variables.as_array().unwrap().contains(&url), "{variables}");
}
