//! Counts that are equal, and counts that are not.

use super::*;

fn histogram(millis: &[u64]) -> Histogram {
    let times = millis.iter().copied().map(Duration::from_millis);
    Histogram::of(&[0.1, 0.5, 1.0], times)
}

fn named(found: &[Difference]) -> Vec<&str> {
    found
        .iter()
        .map(|difference| difference.of.as_str())
        .collect()
}

#[test]
fn a_time_that_equals_a_bound_is_within_it() {
    let counted = histogram(&[100, 101, 1000, 1001]);
    let cumulative: Vec<_> = counted
        .buckets
        .iter()
        .map(|bucket| bucket.cumulative)
        .collect();
    assert_eq!(format!("{cumulative:?}"), "[1.0, 2.0, 3.0, 4.0]");
}

#[test]
fn equal_counts_do_not_differ() {
    let known = histogram(&[50, 400, 2000]);
    assert_eq!(known.differences(&known.clone(), 0.0, "total"), []);
}

#[test]
fn one_observation_in_a_neighbouring_bucket_is_found_in_both() {
    let found = histogram(&[50, 400]).differences(&histogram(&[50, 501]), 0.0, "total");
    let expected = [
        "total, 0.1 < seconds <= 0.5",
        "total, 0.5 < seconds <= 1",
        "total, _sum",
    ];
    assert_eq!(named(&found), expected);
}

#[test]
fn the_surplus_is_allowed_and_no_more() {
    let known = histogram(&[50, 400]);
    let more = histogram(&[50, 400, 420]);
    assert_eq!(known.differences(&more, 1.0, "total"), []);
    assert!(!known.differences(&more, 0.0, "total").is_empty());
    assert!(
        !more.differences(&known, 1.0, "total").is_empty(),
        "fewer is never slack"
    );
    let many = histogram(&[50, 400, 420, 430]);
    assert!(!known.differences(&many, 1.0, "total").is_empty());
}

#[test]
fn a_bound_that_is_missing_is_named_and_the_others_are_still_compared() {
    let known = histogram(&[50, 400, 2000]);
    let mut found = known.clone();
    found
        .buckets
        .retain(|bucket| bucket.le.total_cmp(&0.5).is_ne());
    let differences = known.differences(&found, 0.0, "total");
    assert_eq!(named(&differences), ["total, le=\"0.5\""]);
    assert_eq!(differences[0].observed, None);
}

#[test]
fn the_sum_may_differ_by_what_rounding_leaves() {
    let known = histogram(&[50, 400, 2000]);
    let with = |off: f64| Histogram {
        sum: known.sum + off,
        ..known.clone()
    };
    assert_eq!(known.differences(&with(1e-10), 0.0, "total"), []);
    assert_eq!(
        named(&known.differences(&with(1e-6), 0.0, "total")),
        ["total, _sum"]
    );
}

#[test]
fn what_was_counted_before_is_subtracted() {
    let (before, after) = (histogram(&[50, 400]), histogram(&[50, 400, 450, 2000]));
    let since = after.since(&before);
    assert_eq!(
        histogram(&[450, 2000]).differences(&since, 0.0, "total"),
        []
    );
    assert_eq!(
        after.since(&Histogram::default()).count.total_cmp(&4.0),
        std::cmp::Ordering::Equal
    );
}
