//! Bounds, buckets, and the edge cases of the quantile formula.

use super::*;

fn bounds(spec: &str) -> Vec<f64> {
    let buckets: Buckets = spec.parse().unwrap();
    assert_eq!(buckets.to_string().parse(), Ok(buckets.clone()), "{spec}");
    buckets.bounds
}

#[test]
fn the_default_runs_from_1_ms_to_16_384_s() {
    let buckets = Buckets::default();
    assert_eq!(buckets.to_string().parse(), Ok(buckets.clone()));
    assert_eq!(
        (buckets.bounds[0], buckets.bounds[10], buckets.bounds[14]),
        (0.001, 1.024, 16.384)
    );
}

#[test]
fn every_form_of_bounds_is_read() {
    assert_eq!(bounds("exponential(0.001, 10, 4)"), [0.001, 0.01, 0.1, 1.0]);
    assert_eq!(bounds("linear(0.1,0.1,3)"), [0.1, 0.2, 0.3]);
    assert_eq!(bounds(" 0.1, 0.5,1 "), [0.1, 0.5, 1.0]);
    assert_eq!(bounds("semconv").len(), 14);
}

#[test]
fn invalid_bounds_are_refused_with_a_reason() {
    for (spec, reason) in [
        ("", "number 1 is ``"),
        ("0.1,x", "number 2 is `x`"),
        ("0.1,NaN", "number 2 is `NaN`"),
        ("0.1,inf", "number 2 is `inf`"),
        ("0.5,0.1", "bound 2 is 0.1, expected more than 0.5"),
        ("1,1", "bound 2 is 1"),
        ("0,1", "bound 1 is 0"),
        ("-1", "bound 1 is -1"),
        ("fibonacci(1,2,3)", "semconv, or a list"),
        ("exponential(1,2)", "exponential(START,FACTOR,COUNT)"),
        ("exponential(1,1,3)", "bound 2 is 1"),
        ("exponential(1,2,0)", "COUNT is 0"),
        ("exponential(1,2,2.5)", "COUNT is 2.5"),
        ("exponential(1,2,201)", "COUNT is 201"),
        ("exponential(1,1e300,3)", "finite"),
        ("linear(1,2,3,4)", "linear(START,WIDTH,COUNT)"),
        ("linear(1,-1,3)", "bound 2 is 0"),
    ] {
        let error = spec.parse::<Buckets>().unwrap_err().to_string();
        assert!(error.contains(reason), "{spec}: {error}");
    }
}

#[test]
fn a_value_at_a_bound_belongs_to_that_bucket() {
    let buckets: Buckets = "0.1,0.5,1".parse().unwrap();
    let found = [0.0, 0.1, 0.100_000_1, 0.5, 1.0, 1.1].map(|seconds| buckets.index(seconds));
    assert_eq!(found, [0, 0, 1, 1, 2, 3]);
}

#[test]
fn a_quantile_lies_on_a_straight_line_through_its_bucket() {
    let quantile = |q| quantile(q, &[1.0, 2.0, 4.0], &[10.0, 30.0, 40.0, 50.0]);
    for (q, expected) in [
        (0.0, 0.0),
        (0.1, 0.5),
        (0.2, 1.0),
        (0.4, 1.5),
        (0.7, 3.0),
        (0.8, 4.0),
        (0.81, 4.0),
        (1.0, 4.0),
    ] {
        assert!(
            (quantile(q) - expected).abs() < 1e-9,
            "{q}: {}",
            quantile(q)
        );
    }
}

#[test]
fn the_edge_cases_are_those_of_prometheus() {
    let (bounds, counts) = ([1.0, 2.0], [1.0, 2.0, 2.0]);
    assert!(quantile(f64::NAN, &bounds, &counts).is_nan());
    assert!(
        quantile(0.5, &bounds, &[0.0, 0.0, 0.0]).is_nan(),
        "nothing observed"
    );
    assert!(quantile(0.5, &[], &[3.0]).is_nan(), "no finite bound");
    assert!(
        quantile(0.5, &bounds, &counts[1..]).is_nan(),
        "lengths that do not match"
    );
    assert!(
        quantile(0.0, &bounds, &[0.0, 1.0, 1.0]).is_nan(),
        "rank 0 in an empty first bucket: 0 / 0"
    );
    let found = [
        quantile(-0.1, &bounds, &counts),
        quantile(1.1, &bounds, &counts),
        quantile(0.9, &bounds, &[0.0, 0.0, 5.0]),
        quantile(0.2, &[-1.0, 1.0], &[5.0, 5.0, 5.0]),
    ];
    let expected = [f64::NEG_INFINITY, f64::INFINITY, 2.0, -1.0];
    assert_eq!(found.map(f64::to_bits), expected.map(f64::to_bits));
}

#[test]
fn counts_that_decrease_or_differ_by_rounding_are_smoothed() {
    let falling = quantile(0.5, &[1.0, 2.0, 3.0], &[2.0, 6.0, 5.0, 10.0]);
    assert_eq!(
        falling.to_bits(),
        quantile(0.5, &[1.0, 2.0, 3.0], &[2.0, 6.0, 6.0, 10.0]).to_bits()
    );
    let noisy = quantile(1.0, &[1.0, 2.0], &[10.0, 10.000_000_000_001, 10.0]);
    assert_eq!(noisy.to_bits(), 1.0_f64.to_bits());
}
