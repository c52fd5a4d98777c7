//! Known quantiles, exact and as Prometheus reports them.

use std::time::Duration;

use super::{cumulative::longest_within, *};

fn truth(delay: &str, buckets: &str) -> Truth {
    Truth::of(&delay.parse().unwrap(), Some(7), &buckets.parse().unwrap())
}

fn p99(truth: &Truth) -> TruthQuantile {
    *truth
        .quantiles
        .iter()
        .find(|quantile| quantile.q > 0.98)
        .unwrap()
}

#[test]
fn the_advised_buckets_report_a_p99_of_2_47_s_for_a_uniform_delay_of_2_s() {
    let p99 = p99(&truth("uniform(0s,2s)", "semconv"));
    assert!((p99.seconds - 1.98).abs() < 1e-12, "{p99:?}");
    // 1 s + 1.5 s x (0.99 - 0.5) / (1 - 0.5)
    assert!((p99.reported_seconds - 2.47).abs() < 1e-8, "{p99:?}");
    assert!(
        (p99.error_ratio - (2.47 / 1.98 - 1.0)).abs() < 1e-8,
        "{p99:?}"
    );
}

#[test]
fn the_default_buckets_report_2_03_s() {
    let p99 = p99(&Truth::of(&Delay::default(), None, &Buckets::default()));
    assert!(
        (p99.reported_seconds - 2.027_016_393).abs() < 1e-8,
        "{p99:?}"
    );
}

#[test]
fn a_bucket_counts_a_delay_that_equals_its_bound() {
    let truth = truth("constant(100ms)", "0.05,0.1,0.2");
    let shares: Vec<_> = truth
        .buckets
        .iter()
        .map(|bucket| bucket.probability)
        .collect();
    assert_eq!(shares, [0.0, 1.0, 1.0]);
}

#[test]
fn each_bound_counts_the_whole_nanoseconds_that_are_not_above_it_as_seconds() {
    for le in [0.001, 0.0115, 1.024, 0.1 + 0.2, 1e-9, 16.384, 1e300] {
        let longest = longest_within(le);
        assert!(longest.as_secs_f64() <= le, "{le}");
        let next = longest.saturating_add(Duration::from_nanos(1));
        assert!(
            next.as_secs_f64() > le || longest.as_secs() > 1 << 60,
            "{le}"
        );
    }
}

#[test]
fn the_table_shows_both_quantiles_and_warns_of_impossible_ones() {
    let text = truth("uniform(0s,2s)", "semconv").to_string();
    let row = text
        .lines()
        .find(|line| line.trim_start().starts_with("0.99 "))
        .unwrap();
    assert_eq!(
        row.split_whitespace().collect::<Vec<_>>(),
        [
            "0.99", "1.980000", "s", "2.470000", "s", "+24.75", "%", "1.979230", "s", "-0.04", "%"
        ]
    );
    assert!(
        text.contains("report p90, p95, p99, p99.9 above the longest possible delay of 2 s"),
        "{text}"
    );
}

#[test]
fn a_table_without_impossible_quantiles_has_no_warning() {
    let text = truth("uniform(0s,2s)", "linear(0.5,0.5,4)").to_string();
    assert!(!text.contains("warning"), "{text}");
    assert!(!text.contains("-0.00"), "no minus zero: {text}");
}

#[test]
fn the_json_has_numbers_and_null_where_there_is_no_ratio() {
    let json = serde_json::to_value(truth("constant(0s)", "1,2")).unwrap();
    assert_eq!(json["quantiles"][0]["reported_seconds"], 0.5);
    assert!(json["quantiles"][0]["error_ratio"].is_null());
    assert_eq!(json["quantiles"][0]["native_seconds"], 0.0);
    assert_eq!(json["quantiles"][0]["native_error_ratio"], 0.0);
    assert_eq!(json["native"]["schema"], 8);
    assert_eq!(json["native"]["requests"], 10_000);
    assert_eq!(
        (&json["seed"], &json["delay"]),
        (&7.into(), &"constant(0s)".into())
    );
}
