//! own query -> percentile: recording rules and queries of panels, right ones and the usual mistakes.

use serde_json::json;

use crate::{
    parts::{Folder, Prometheus, Service, absent},
    verify::{Report, Verify},
    world::{job, native_job, scraped, service},
};

const HOP: &str = "own query -> percentile";
const RATES: &str = "rate(cloudnative_execution_latency_seconds_bucket{step=\"total\"}[1m])";

fn p99() -> String {
    format!("histogram_quantile(0.99, sum by (le) ({RATES}))")
}

/// A service whose rules are evaluated each second.
fn with_rules(rules: &[(&str, &str)]) -> (Service, Prometheus, Folder) {
    let service = service();
    let folder = Folder::new("rules");
    let rules = rules
        .iter()
        .map(|(name, expr)| json!({"record": name, "expr": expr}));
    let groups =
        json!({"groups": [{"name": "own", "interval": "1s", "rules": rules.collect::<Vec<_>>()}]});
    let file = folder.write("rules.yml", &groups.to_string());
    let config =
        json!({"rule_files": [file], "scrape_configs": [job("httpserver", &[service.address])]});
    let prometheus = Prometheus::start(&config.to_string());
    (service, prometheus, folder)
}

fn report(service: &Service, prometheus: &Prometheus, queries: &[&str]) -> Report {
    let verify = Verify::of(service.address).prometheus(prometheus);
    let queries = queries.iter().flat_map(|query| ["--query", query]);
    verify.flags(&queries.collect::<Vec<_>>()).run()
}

#[test]
fn rules_and_panels_that_are_right_pass_beside_the_exact_percentile() {
    if absent(&["prometheus"]) {
        return;
    }
    let p99 = p99();
    let rules = [("job:p99_1m", p99.as_str()), ("job:p99", "max(job:p99_1m)")];
    let (service, prometheus, _folder) = with_rules(&rules);
    let panel = format!("p50 = histogram_quantile(0.5, sum by (le) ({RATES}))");
    let queries = ["p99=job:p99_1m", "p99=job:p99", &panel];
    let report = report(&service, &prometheus, &queries);
    assert_eq!(report.code, 0, "{report}");
    let words = [
        "p99 is ",
        "% from the exact 1.980000 s",
        "p50 is ",
        "over 60s the formula gives ",
    ];
    report.expect(HOP, "PASS", &words);
    assert_eq!(report.says(HOP).lines().count(), 3, "{report}");
}

#[test]
fn a_query_that_cannot_be_right_fails_with_the_reason() {
    if absent(&["prometheus"]) {
        return;
    }
    let (service, prometheus) = scraped();
    let short = RATES.replace("1m", "100ms");
    for (query, words) in [
        (
            format!("p99=histogram_quantile(0.99, sum by (le) ({short}))"),
            &[
                "the query returns nothing",
                "its range of 100ms is shorter than two scrape intervals of 1 s",
            ][..],
        ),
        (
            format!("p99=histogram_quantile(0.5, sum by (le) ({RATES}))"),
            &["but over 60s the formula gives"],
        ),
        (
            format!("p99=1000 * {}", p99()),
            &["but over 60s the formula gives"],
        ),
        (
            format!("p90={RATES}"),
            &["the query returns 21 samples", "sum the rates"],
        ),
        (
            "p99=job:unknown:p99".to_owned(),
            &["the query returns nothing"],
        ),
        (
            "p99=sum by (le) (".to_owned(),
            &["Prometheus cannot evaluate the query"],
        ),
    ] {
        let report = report(&service, &prometheus, &[&query]);
        report.fails(HOP, words);
    }
}

#[test]
fn a_rule_that_fails_is_named_with_its_error() {
    if absent(&["prometheus"]) {
        return;
    }
    let many_to_many = "up * on() {__name__=~\"up|scrape_duration_seconds\"}";
    let (service, prometheus, _folder) = with_rules(&[("job:p99", many_to_many)]);
    let report = report(&service, &prometheus, &["p99=job:p99"]);
    report.fails(HOP, &["the rule job:p99 fails: ", "many-to-many"]);
}

#[test]
fn the_average_of_percentiles_is_a_warning() {
    if absent(&["prometheus"]) {
        return;
    }
    let by_instance = format!("histogram_quantile(0.99, sum by (le, instance) ({RATES}))");
    let (service, prometheus, _folder) = with_rules(&[("instance:p99", &by_instance)]);
    let direct = format!("p99=avg({by_instance})");
    let report = report(
        &service,
        &prometheus,
        &[&direct, "p99=avg_over_time(instance:p99[1m])"],
    );
    assert!(report.code < 2, "{report}");
    let words = "the average of percentiles is not a percentile of all";
    assert_eq!(report.says(HOP).matches(words).count(), 2, "{report}");
}

#[test]
fn a_query_of_a_native_histogram_is_compared_with_what_chance_allows() {
    if absent(&["prometheus"]) {
        return;
    }
    let service = service();
    let prometheus = crate::world::prometheus(&[native_job(&[service.address])]);
    let native = "rate(cloudnative_execution_latency_seconds{step=\"total\"}[1m])";
    let query = |q: f64| format!("p99=histogram_quantile({q}, sum({native}))");
    let report = |q| report(&service, &prometheus, &[&query(q)]);
    let good = report(0.99);
    good.expect(HOP, "PASS", &["by chance a native histogram gives"]);
    report(0.5).fails(HOP, &["but by chance a native histogram gives"]);
}

#[test]
fn a_query_that_is_no_percentile_is_wrong_usage() {
    for (query, words) in [
        ("job:p99", "expected a percentile and a query"),
        ("p99=rate(x[$__rate_interval])", "$__rate_interval"),
        ("p100=x", "from p0 to p100"),
    ] {
        let address = "127.0.0.1:1".parse().unwrap();
        let flags = ["--prometheus", "http://127.0.0.1:1", "--query", query];
        let report = Verify::of(address).flags(&flags).run();
        assert_eq!(report.code, 2, "{query}: {report}");
        assert!(report.stderr.contains(words), "{query}: {report}");
    }
    let alone = Verify::of("127.0.0.1:1".parse().unwrap());
    let report = alone.flags(&["--query", "p99=x"]).run();
    assert_eq!(report.code, 2, "{report}");
    assert!(report.stderr.contains("--prometheus"), "{report}");
}

#[test]
fn each_query_has_a_machine_readable_result() {
    if absent(&["prometheus"]) {
        return;
    }
    let (service, prometheus) = scraped();
    let [good, wrong] = ["p99", "p50"].map(|name| format!("{name}={}", p99()));
    let report = report(&service, &prometheus, &[&good, &wrong, "p90=unknown"]);
    let queries = report.json["queries"].as_array().unwrap();
    let texts = |name: &str| -> Vec<_> { queries.iter().map(|it| it[name].clone()).collect() };
    assert_eq!(texts("verdict"), ["PASS", "FAIL", "FAIL"], "{report}");
    assert_eq!(texts("percentile"), ["p99", "p50", "p90"], "{report}");
    assert_eq!(texts("promql")[0], p99(), "{report}");
    let number = |at: usize, name: &str| queries[at][name].as_f64().unwrap();
    assert!(
        (number(0, "reported") / number(0, "formula") - 1.0).abs() < 0.02,
        "{report}"
    );
    let error = number(0, "reported") / number(0, "exact") - 1.0;
    assert!((number(0, "error_ratio") - error).abs() < 1e-9, "{report}");
    assert!((number(1, "exact") - 1.0).abs() < 1e-9, "{report}");
    for name in ["reported", "error_ratio"] {
        assert!(queries[2][name].is_null(), "{report}");
    }
}
