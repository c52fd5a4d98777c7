//! native -> percentile: native histograms that are not scraped, that lose resolution, or that count something else.

use serde_json::{Value, json};

use crate::{
    parts::{Prometheus, Service, absent, free_address, get},
    verify::{Report, UNTIL_ENDED, Verify},
    world::{
        SERVICE, TwoReplicas, native_job, prometheus, scraped, service, through_changed_samples,
        tried, until_accepted,
    },
};

const HOP: &str = "native -> percentile";
/// Changes a sample of an answer of Prometheus.
type Change = fn(&mut Value);

const GOOD: &str =
    "120 observations, counted as in the classic series, in buckets as in the answers";

/// A service whose native histograms Prometheus scrapes, with these settings of the job besides.
fn scraped_natively(settings: &Value) -> (Service, Prometheus) {
    let service = service();
    let mut job = native_job(&[service.address]);
    let settings = settings.as_object().unwrap().clone();
    job.as_object_mut().unwrap().extend(settings);
    let prometheus = prometheus(&[job]);
    (service, prometheus)
}

fn report(service: &Service, prometheus: &Prometheus) -> Report {
    Verify::of(service.address).prometheus(prometheus).run()
}

#[test]
fn what_was_counted_before_the_run_is_subtracted() {
    if absent(&["prometheus"]) {
        return;
    }
    let (service, prometheus) = scraped_natively(&json!({}));
    tried(&prometheus, 1.0);
    // The shortest ones widen the range of the histogram, and so its buckets.
    for delay in ["0s", "0s", "30ms", "300ms"] {
        get(service.address, &format!("/images?delay=constant({delay})")).unwrap();
    }
    // So many that each bucket of a percentile has several.
    let verify = Verify::of(service.address).prometheus(&prometheus);
    let report = verify.flags(&["--rate", "120"]).run();
    assert_eq!(report.code, 0, "{report}");
    let good = GOOD.replace("120 observations", "480 observations");
    report.expect(HOP, "PASS", &[&good, "at schema ", "; p99 "]);
    for row in report.json["percentiles"].as_array().unwrap() {
        let seconds = |name: &str| row[name].as_f64().unwrap();
        let part = |name: &str| row["error"][name].as_f64().unwrap();
        let measured = seconds("truth") + part("sampling") + part("clock");
        let off = seconds("native") / measured - 1.0;
        assert!(
            off.abs() < 0.0906,
            "not in one bucket of schema 3: {report}"
        );
    }
}

#[test]
fn two_replicas_are_summed() {
    if absent(&["prometheus"]) {
        return;
    }
    let replicas = TwoReplicas::start();
    let targets = [replicas.one.address, replicas.two.address];
    let prometheus = prometheus(&[native_job(&targets)]);
    let report = replicas.verify().prometheus(&prometheus).run();
    assert_eq!(report.code, 0, "{report}");
    report.expect(HOP, "PASS", &[GOOD]);
}

#[test]
fn other_traffic_makes_the_counts_lower_bounds() {
    if absent(&["prometheus"]) {
        return;
    }
    let (service, prometheus) = scraped_natively(&json!({}));
    let running = Verify::of(service.address).prometheus(&prometheus).start();
    until_accepted(&service, 20.0);
    get(service.address, "/images?delay=constant(30ms)").unwrap();
    let report = running.end();
    assert_eq!(report.code, 0, "{report}");
    report.expect(
        HOP,
        "PASS",
        &["other traffic: 1 requests, so counts are lower bounds"],
    );
}

#[test]
fn a_restart_is_named_by_another_hop() {
    if absent(&["prometheus"]) {
        return;
    }
    let start = |address| Service::start_at::<&str>(address, &SERVICE, &[]);
    let mut service = start(free_address());
    let prometheus = prometheus(&[native_job(&[service.address])]);
    let verify = Verify::of(service.address).prometheus(&prometheus);
    let running = verify.flags(&UNTIL_ENDED).start();
    until_accepted(&service, 60.0);
    service.process.kill();
    let successor = start(service.address);
    let report = running.end_after(60.0, &successor);
    assert_eq!(report.code, 1, "{report}");
    report.expect("/metrics -> Prometheus", "FAIL", &["was restarted"]);
    report.expect(
        HOP,
        "PASS",
        &["not compared with the answers: there was a restart"],
    );
}

#[test]
fn native_histograms_that_are_not_scraped_are_skipped_and_no_failure() {
    if absent(&["prometheus"]) {
        return;
    }
    let (service, prometheus) = scraped();
    let report = report(&service, &prometheus);
    assert_eq!(report.code, 0, "{report}");
    let words = "scrape_native_histograms of job httpserver is off";
    report.expect(HOP, "SKIPPED", &[words]);
    for row in report.json["percentiles"].as_array().unwrap() {
        assert_eq!(row["native"], Value::Null, "{report}");
    }
}

#[test]
fn a_format_without_native_histograms_is_a_warning() {
    if absent(&["prometheus"]) {
        return;
    }
    let formats = json!({"scrape_protocols": ["OpenMetricsText1.0.0"]});
    let (service, prometheus) = scraped_natively(&formats);
    let report = report(&service, &prometheus);
    assert_eq!(report.code, 0, "{report}");
    report.expect(
        HOP,
        "WARN",
        &["scrape_protocols of job httpserver has no PrometheusProto"],
    );
}

#[test]
fn a_limit_that_widens_the_buckets_is_a_warning_with_both_schemas() {
    if absent(&["prometheus"]) {
        return;
    }
    for (name, value) in [
        ("native_histogram_bucket_limit", 4.0),
        ("native_histogram_min_bucket_factor", 1.5),
    ] {
        let (service, prometheus) = scraped_natively(&json!({name: value}));
        let report = report(&service, &prometheus);
        assert_eq!(report.code, 0, "{report}");
        let setting = format!("job httpserver has {name}: {value}");
        let words = [GOOD, "wider than the service's own", &setting];
        report.expect(HOP, "WARN", &words);
        let schema = |before: &str| -> i32 {
            let says = report.says(HOP);
            let (_, after) = says.rsplit_once(before).unwrap();
            after.split(' ').next().unwrap().parse().unwrap()
        };
        let (found, own) = (schema("own: schema "), schema("%), schema "));
        assert!(found < own, "{found}, {own}: {report}");
    }
}

#[test]
fn native_histograms_that_count_something_else_fail() {
    if absent(&["prometheus"]) {
        return;
    }
    let count: Change = |sample| {
        if let Some(histograms) = sample["histograms"].as_array_mut() {
            histograms.last_mut().unwrap()[1]["count"] = json!("1");
        }
    };
    // The last bucket has one less, the one before it one more.
    let bucket: Change = |sample| {
        let histograms = sample["histograms"].as_array_mut();
        for histogram in histograms.into_iter().flatten() {
            let buckets = histogram[1]["buckets"].as_array_mut();
            for (bucket, more) in buckets.into_iter().flatten().rev().zip([-1.0, 1.0]) {
                let count: f64 = bucket[3].as_str().unwrap().parse().unwrap();
                bucket[3] = json!((count + more).to_string());
            }
        }
    };
    let percentile: Change = |sample| {
        if sample["metric"].as_object().unwrap().is_empty() {
            sample["value"][1] = json!("0.7");
        }
    };
    for (change, words) in [
        (
            count,
            ["the native series has a count of 1", "the classic one"],
        ),
        (
            bucket,
            ["has other native buckets than its answers", "(answers)"],
        ),
        (
            percentile,
            [
                "p99 of the native series is reported as 0.7",
                "the formula gives",
            ],
        ),
    ] {
        let (service, real) = scraped_natively(&json!({}));
        let query = "execution_latency_seconds%7B";
        let report = through_changed_samples(&service, &real, query, change).run();
        report.fails(HOP, &words);
        report.fails_only(&[HOP]);
    }
}
