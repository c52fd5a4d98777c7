//! Native histograms without classic ones: with custom buckets they are judged as classic ones, with exponential ones as
//! far as these allow.

use serde_json::{Value, json};

use crate::{
    parts::{Prometheus, Service, absent, get},
    verify::Verify,
    world::{
        TwoReplicas, job, native_job, prometheus, scraping, service, through_changed_samples,
        until_accepted,
    },
};

const SCRAPED: &str = "/metrics -> Prometheus";
const PERCENTILE: &str = "Prometheus -> percentile";
const NATIVE: &str = "native -> percentile";
const CONVERTED: &str = "(convert_classic_histograms_to_nhcb) are read as those";

fn converted() -> Value {
    json!({"convert_classic_histograms_to_nhcb": true})
}

#[test]
fn converted_classic_histograms_are_judged_as_classic_ones() {
    if absent(&["prometheus"]) {
        return;
    }
    // Powers of two are bounds of exponential buckets, too.
    for buckets in ["linear(0.1,0.1,20)", "exponential(0.25,2,4)"] {
        let service = Service::start::<&str>(&["--seed", "7", "--buckets", buckets], &[]);
        let prometheus = scraping(&service, &converted());
        let query = "p99=histogram_quantile(0.99, sum(rate(cloudnative_execution_latency_seconds{step=\"total\"}[1m])))";
        let flags = ["--rate-window", "3s", "--query", query];
        let verify = Verify::of(service.address).prometheus(&prometheus);
        let report = verify.flags(&flags).run();
        assert!(report.code == 0, "{report}");
        report.expect(SCRAPED, "PASS", &["each bucket as in its own", CONVERTED]);
        let says = report.says(PERCENTILE);
        assert!(says.contains("equal the formula"), "{report}");
        assert!(says.contains("p99 over 3s"), "{report}");
        report.expect(NATIVE, "SKIPPED", &["convert_classic_histograms_to_nhcb"]);
        let says = report.says("own query -> percentile");
        assert!(says.contains("by chance histogram_quantile"), "{report}");
        for row in report.json["percentiles"].as_array().unwrap() {
            assert!(row["reported"].is_number(), "{report}");
            assert!(row["error"]["extrapolation"].is_number(), "{report}");
        }
    }
}

#[test]
fn converted_histograms_of_two_replicas_are_summed_as_their_formula_does() {
    if absent(&["prometheus"]) {
        return;
    }
    let replicas = TwoReplicas::start();
    // One has counted before.
    for _ in 0..9 {
        get(replicas.one.address, "/images?delay=constant(30ms)").unwrap();
    }
    let targets = [replicas.one.address, replicas.two.address];
    let mut job = job("httpserver", &targets);
    job["convert_classic_histograms_to_nhcb"] = json!(true);
    let prometheus = prometheus(&[job]);
    let report = replicas.verify().prometheus(&prometheus).run();
    assert_eq!(report.code, 0, "{report}");
    report.expect(SCRAPED, "PASS", &["2 replicas of 2 targets", CONVERTED]);
    report.expect(PERCENTILE, "PASS", &["equal the formula"]);
}

#[test]
fn a_percentile_of_targets_that_are_stored_in_different_ways_cannot_be_queried() {
    if absent(&["prometheus"]) {
        return;
    }
    let replicas = TwoReplicas::start();
    let mut converted = job("converted", &[replicas.two.address]);
    converted["convert_classic_histograms_to_nhcb"] = json!(true);
    let prometheus = prometheus(&[job("classic", &[replicas.one.address]), converted]);
    let report = replicas.verify().prometheus(&prometheus).run();
    assert_eq!(report.code, 3, "{report}");
    report.expect(SCRAPED, "PASS", &["2 replicas of 2 targets", CONVERTED]);
    let words = [
        "stored in different ways",
        "classic buckets: job=\"classic\"",
    ];
    report.expect(PERCENTILE, "SKIPPED", &words);
}

/// What asks this Prometheus through a proxy that changes its native histograms.
fn changed(service: &Service, real: &Prometheus, change: fn(&mut Value)) -> Verify {
    through_changed_samples(service, real, "", move |sample| {
        let histograms = sample.get_mut("histograms").and_then(Value::as_array_mut);
        let histograms = histograms.into_iter().flatten();
        histograms.for_each(|histogram| change(&mut histogram[1]));
    })
}

/// Moves one observation into the bucket below.
fn moved(histogram: &mut Value) {
    let buckets = histogram.get_mut("buckets").and_then(Value::as_array_mut);
    for (bucket, more) in buckets.into_iter().flatten().rev().zip([-1.0, 1.0]) {
        let count: f64 = bucket[3].as_str().unwrap().parse().unwrap();
        bucket[3] = json!((count + more).to_string());
    }
}

#[test]
fn a_wrong_custom_bucket_fails() {
    if absent(&["prometheus"]) {
        return;
    }
    let service = service();
    let real = scraping(&service, &converted());
    let report = changed(&service, &real, moved).run();
    report.fails(
        SCRAPED,
        &[
            "different counts in Prometheus",
            "total, 1.8 < seconds <= 1.9",
        ],
    );
}

#[test]
fn exponential_histograms_alone_are_judged_by_counts_sums_and_native_percentiles() {
    if absent(&["prometheus"]) {
        return;
    }
    let exponential = || {
        let service = service();
        let mut job = native_job(&[service.address]);
        job["always_scrape_classic_histograms"] = json!(false);
        let prometheus = prometheus(&[job]);
        (service, prometheus)
    };
    let (service, real) = exponential();
    let verify = Verify::of(service.address).prometheus(&real);
    let report = verify.run();
    assert_eq!(report.code, 0, "{report}");
    report.expect(
        SCRAPED,
        "PASS",
        &[
            "each count and sum as in its own",
            "always_scrape_classic_histograms is off",
        ],
    );
    report.expect(
        PERCENTILE,
        "SKIPPED",
        &["no classic ones", "judged as such"],
    );
    report.expect(
        NATIVE,
        "PASS",
        &["120 observations, in buckets as in the answers", "; p99 "],
    );
    report.expect("ledger", "PASS", &[]);
    for row in report.json["percentiles"].as_array().unwrap() {
        assert!(
            row["native"].is_number() && row["reported"].is_null(),
            "{report}"
        );
    }
    let running = Verify::of(service.address).prometheus(&real).start();
    until_accepted(&service, 140.0);
    get(service.address, "/images?delay=constant(30ms)").unwrap();
    let report = running.end();
    assert_eq!(report.code, 0, "{report}");
    report.expect(SCRAPED, "PASS", &["other traffic: 1 requests"]);
    report.expect(NATIVE, "PASS", &["counts are lower bounds"]);
    let count = |histogram: &mut Value| histogram["count"] = json!("1");
    let report = changed(&service, &real, count).run();
    report.fails(
        SCRAPED,
        &["different counts in Prometheus", "total, _count"],
    );
    let (service, real) = exponential();
    let report = changed(&service, &real, moved).run();
    report.fails(NATIVE, &["has other native buckets than its answers"]);
}
