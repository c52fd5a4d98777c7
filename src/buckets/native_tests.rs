//! Buckets of every schema, also as the OpenTelemetry SDK finds them; and the quantile formula of native histograms.

use std::{f64::consts::LOG2_E, time::Duration};

use proptest::prelude::*;

use super::{NativeHistogram, Schema};

fn schemas() -> impl Iterator<Item = Schema> {
    (-4..=8).map(|number| Schema::new(number).unwrap())
}

/// A value from 1e-9 to 1e9, each order of magnitude as often as the other.
fn values() -> impl Strategy<Value = f64> {
    (-9.0..9.0_f64).prop_map(|exponent| 10.0_f64.powf(exponent))
}

fn histogram(schema: i32, zero: f64, buckets: &[(i32, f64)]) -> NativeHistogram {
    NativeHistogram {
        schema: Schema::new(schema).unwrap(),
        zero,
        buckets: buckets.iter().copied().collect(),
    }
}

/// The index of `get_bin` in `opentelemetry_sdk-0.33.1/src/metrics/internal/exponential_histogram.rs`, plus 1.
#[expect(clippy::cast_possible_truncation, reason = "as in the original")]
fn index_of_the_sdk(scale: i32, value: f64) -> i32 {
    let (fraction, exponent) = libm::frexp(value);
    let bin = if scale <= 0 {
        let correction = if fraction == 0.5 { 2 } else { 1 };
        (exponent - correction) >> -scale
    } else {
        let factor = LOG2_E * 2_f64.powi(scale);
        (exponent << scale) + (fraction.ln() * factor) as i32 - 1
    };
    bin + 1
}

/// As `scale_change` does for each new value: from the highest scale down, until the range of bins fits.
fn schema_of_the_sdk(values: &[f64]) -> i32 {
    let (mut scale, mut range) = (8, None);
    for value in values {
        let bin = index_of_the_sdk(scale, *value) - 1;
        let (mut low, mut high) = range.map_or((bin, bin), |(low, high): (i32, i32)| {
            (low.min(bin), high.max(bin))
        });
        while high - low >= 160 {
            (low, high, scale) = (low >> 1, high >> 1, scale - 1);
        }
        range = Some((low, high));
    }
    scale
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

    #[test]
    fn a_value_lies_within_the_bounds_of_its_bucket(value in values()) {
        for schema in schemas() {
            let index = schema.index(value).unwrap();
            let (lower, upper) = (schema.bound(index - 1), schema.bound(index));
            prop_assert!(lower < value && value <= upper, "{schema:?}: {value} in {lower}..{upper}");
            let width = upper / lower - 1.0 - schema.max_error_ratio();
            prop_assert!(width.abs() < 1e-9 * upper / lower, "{schema:?}: {value} in {lower}..{upper}");
        }
    }

    #[test]
    fn a_whole_number_of_nanoseconds_has_the_bucket_of_the_sdk(nanos in 1..100_000_000_000_u64) {
        let value = Duration::from_nanos(nanos).as_secs_f64();
        for schema in schemas() {
            prop_assert_eq!(schema.index(value), Some(index_of_the_sdk(schema.number(), value)));
        }
    }

    #[test]
    fn the_schema_is_the_one_that_the_sdk_scales_down_to(
        values in prop::collection::vec(values(), 1..20), width in 0.0..1.0_f64,
    ) {
        let values: Vec<_> = values.iter().map(|value| value.powf(width)).collect();
        let low = values.iter().copied().fold(f64::MAX, f64::min);
        let high = values.iter().copied().fold(0.0, f64::max);
        prop_assert_eq!(Schema::fitting(low, high).number(), schema_of_the_sdk(&values));
    }
}

#[test]
fn a_bound_belongs_to_the_bucket_that_it_closes() {
    for schema in schemas() {
        for index in -2_000..2_000 {
            let bound = schema.bound(index);
            if bound.is_normal() && bound < f64::MAX {
                assert_eq!(schema.index(bound), Some(index), "{schema:?}");
                assert_eq!(schema.index(bound.next_up()), Some(index + 1), "{schema:?}");
            }
        }
        for exponent in (-1_022..1_024).step_by(16) {
            let power = libm::ldexp(1.0, exponent);
            let index = schema.index(power).unwrap();
            assert!(schema.bound(index) == power || schema < Schema::new(0).unwrap());
            assert_eq!(index, index_of_the_sdk(schema.number(), power));
        }
    }
}

#[test]
fn every_f64_has_a_bucket_or_none() {
    for schema in schemas() {
        for none in [0.0, -0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(schema.index(none), None, "{none}");
        }
        let least = f64::from_bits(1);
        let [low, high] = [least, f64::MAX].map(|value| schema.index(value).unwrap());
        assert!(
            schema.bound(low) >= least && schema.bound(high) >= f64::MAX,
            "{schema:?}"
        );
        assert!([i32::MIN, i32::MAX].map(|index| schema.bound(index)) == [0.0, f64::MAX]);
    }
    assert_eq!(Schema::fitting(f64::from_bits(1), f64::MAX), Schema::MIN);
    assert_eq!(Schema::fitting(0.0, 0.0), Schema::MAX);
    assert_eq!([-5, 9].map(Schema::new), [None, None]);
}

#[test]
fn a_hundred_and_sixty_buckets_fit_and_one_more_does_not() {
    for schema in schemas().filter(|schema| *schema > Schema::MIN) {
        let [low, last, next] = [-80, 79, 80].map(|index| schema.bound(index));
        assert_eq!(Schema::fitting(low, last), schema);
        assert_eq!(Schema::fitting(low, next).number(), schema.number() - 1);
    }
}

#[test]
fn the_widest_bucket_of_each_schema_is_known() {
    for (schema, ratio) in [
        (8, 0.002_711_275_050_202_485),
        (3, 0.090_507_732_665_257_66),
        (0, 1.0),
        (-4, 65_535.0),
    ] {
        let found = Schema::new(schema).unwrap().max_error_ratio();
        assert!((found / ratio - 1.0).abs() < 1e-12, "{schema}: {found}");
    }
}

#[test]
fn a_quantile_lies_on_an_exponential_line_through_its_bucket() {
    let halves = histogram(0, 0.0, &[(1, 10.0), (2, 20.0), (4, 10.0)]);
    for (q, expected) in [
        (0.0, 1.0),
        (0.125, 2.0_f64.sqrt()),
        (0.25, 2.0),
        (0.5, 8.0_f64.sqrt()),
        (0.75, 8.0), // between two buckets: from p50 on, the upper one
        (0.875, 128.0_f64.sqrt()),
        (1.0, 16.0),
    ] {
        let found = halves.quantile(q);
        assert!((found - expected).abs() < 1e-12, "{q}: {found}");
    }
}

#[test]
fn a_rank_between_two_buckets_is_in_the_lower_one_below_a_half() {
    let gap = histogram(0, 0.0, &[(1, 1.0), (9, 3.0)]);
    assert_eq!(gap.quantile(0.25), 2.0);
    let gap = histogram(0, 0.0, &[(1, 3.0), (9, 1.0)]);
    assert_eq!(gap.quantile(0.75), 256.0);
}

#[test]
fn the_zero_bucket_gives_0() {
    let half = histogram(8, 5.0, &[(0, 5.0)]);
    let found = [0.0, 0.3, 0.49].map(|q| half.quantile(q).to_bits());
    assert_eq!(found, [0; 3]);
    assert!(half.quantile(0.51) > 0.99);
    let only = histogram(8, 5.0, &[]);
    assert_eq!([0.0, 0.5, 1.0].map(|q| only.quantile(q).to_bits()), [0; 3]);
}

#[test]
fn the_edge_cases_are_those_of_prometheus() {
    let one = histogram(3, 0.0, &[(0, 1.0)]);
    assert!(one.quantile(f64::NAN).is_nan());
    assert!(
        histogram(3, 0.0, &[(0, 0.0)]).quantile(0.5).is_nan(),
        "nothing observed"
    );
    let found = [-0.1, 1.1].map(|q| one.quantile(q));
    assert_eq!(found, [f64::NEG_INFINITY, f64::INFINITY]);
}
