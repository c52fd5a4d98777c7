//! What a native histogram reports of known delays, and of their samples.

use std::{collections::BTreeMap, time::Duration};

use proptest::{prelude::*, sample::select};
use rand::{RngExt, SeedableRng, rngs::StdRng};

use super::*;
use crate::buckets::{NativeHistogram, Schema};

const DELAYS: [&str; 12] = [
    "uniform(0s,2s)",
    "uniform(1s,1.0001s)",
    "constant(0s)",
    "constant(1ns)",
    "constant(251ms)",
    "normal(10ms,1s)",
    "lognormal(p50=200ms,p99=1.5s)",
    "exponential(300ms)",
    "pareto(100ms,0.5)",
    "quantiles(50=100ms,90=400ms,99=2s,100=3s)",
    "mix(0.65:constant(0s),0.35:uniform(1us,1h))",
    "mix(0.5:constant(250ms),0.5:uniform(100ms,400ms))",
];

fn delay(spec: &str) -> Delay {
    spec.parse().unwrap()
}

fn schema(spec: &str) -> i32 {
    native::schema(&delay(spec)).number()
}

/// Every bucket, with its share.
fn all_buckets(delay: &Delay, schema: Schema) -> NativeHistogram {
    let (least, most) = (delay.quantile(0.0), delay.max());
    let least = least.max(Duration::from_nanos(1));
    let [low, high] = [least, most].map(|delay| schema.index(delay.as_secs_f64()));
    let buckets = low.zip(high).map(|(low, high)| low..=high);
    native::shares(delay, schema, buckets.into_iter().flatten())
}

#[test]
fn the_schema_is_that_of_the_range_of_10_000_requests() {
    // 2 s / 10,001 to 2 s: 13.3 powers of two, of 8 buckets each; of 16 they would be more than 160.
    assert_eq!(schema("uniform(0s,2s)"), 3);
    // 2 powers of two
    assert_eq!(schema("uniform(100ms,400ms)"), 6);
    assert_eq!(schema("constant(250ms)"), 8);
    // the lowest and the highest of 10,000 are 3.7 standard deviations away: 9.3 powers of two
    assert_eq!(schema("lognormal(p50=200ms,p99=1.5s)"), 4);
    // rarer than one in 10,000
    assert_eq!(
        schema("mix(0.99999:constant(250ms),0.00001:constant(1h))"),
        8
    );
}

#[test]
fn zeros_are_in_the_zero_bucket_and_do_not_lower_the_schema() {
    for spec in [
        "constant(0s)",
        "mix(0.5:constant(0s),0.5:constant(1s))",
        "mix(0.99999:constant(0s),0.00001:constant(1s))",
    ] {
        assert_eq!(schema(spec), 8, "{spec}");
    }
    let truth = Truth::of(
        &delay("mix(0.6:constant(0s),0.4:constant(1s))"),
        None,
        &Buckets::default(),
    );
    let found: Vec<_> = truth
        .quantiles
        .iter()
        .map(|known| known.native_seconds)
        .collect();
    assert_eq!(found[0].to_bits(), 0);
    assert!(
        found[1..]
            .iter()
            .all(|seconds| (0.997..=1.0).contains(seconds))
    );
}

#[test]
fn a_constant_is_interpolated_in_its_only_bucket() {
    let constant = delay("constant(1s)");
    let schema = Schema::MAX;
    for q in [0.25, 0.5, 0.99] {
        // 1 s closes its bucket
        let expected = libm::exp2((q - 1.0) / 256.0);
        let found = native::quantile(q, &constant, schema);
        assert!((found - expected).abs() < 1e-12, "{q}: {found}");
    }
}

#[test]
fn the_buckets_around_the_rank_give_what_all_buckets_give() {
    for spec in DELAYS {
        let delay = delay(spec).capped(Duration::from_mins(1));
        let schema = native::schema(&delay);
        let all = all_buckets(&delay, schema);
        for q in [0.0, 0.013, 0.31, 0.5, 0.75, 0.9, 0.99, 0.999, 1.0] {
            let (found, expected) = (native::quantile(q, &delay, schema), all.quantile(q));
            let error = (found - expected).abs();
            assert!(
                error <= 1e-9 * expected,
                "{spec} at {q}: {found}, {expected}"
            );
        }
    }
}

#[test]
fn an_estimate_in_the_bucket_of_the_quantile_is_off_by_less_than_the_bucket_is_wide() {
    for spec in DELAYS {
        let delay = delay(spec);
        for schema in [native::schema(&delay), Schema::MIN, Schema::MAX] {
            let ratio = 1.0 + schema.max_error_ratio();
            for q in (1..1_000).step_by(37).map(|n| f64::from(n) / 1_000.31) {
                let exact = delay.quantile(q).as_secs_f64();
                let found = native::quantile(q, &delay, schema);
                assert!(
                    exact / ratio <= found * (1.0 + 1e-12) && found <= exact * ratio,
                    "{spec} at {q}, {schema:?}: {found}, {exact}"
                );
            }
        }
    }
}

#[test]
fn a_quantile_exactly_between_two_delays_is_named() {
    let truth = |spec| Truth::of(&delay(spec), None, &Buckets::default()).to_string();
    let text = truth("mix(0.5:constant(100ms),0.5:constant(1s))");
    assert!(
        text.contains("warning: p50: exactly between two delays"),
        "{text}"
    );
    let text = truth("uniform(0s,2s)");
    assert!(!text.contains("between"), "{text}");
    assert!(
        text.contains("native: schema 3 after 10000 requests, worst case 9.05 %"),
        "{text}"
    );
}

/// The histogram of a sample, and the sample in increasing order.
fn sampled(delay: &Delay, seed: u64, count: usize) -> (NativeHistogram, Vec<f64>) {
    let mut random = StdRng::seed_from_u64(seed);
    let draw = || delay.quantile(random.random()).as_secs_f64();
    let mut sample: Vec<_> = std::iter::repeat_with(draw).take(count).collect();
    sample.sort_by(f64::total_cmp);
    let least = sample.iter().find(|seconds| **seconds > 0.0);
    let schema = Schema::fitting(
        least.copied().unwrap_or_default(),
        sample.last().copied().unwrap_or_default(),
    );
    let mut buckets = BTreeMap::new();
    let indexes: Vec<_> = sample
        .iter()
        .map(|seconds| schema.index(*seconds))
        .collect();
    for index in indexes.iter().flatten() {
        *buckets.entry(*index).or_default() += 1.0;
    }
    let zero = indexes.iter().filter(|index| index.is_none()).count() as f64;
    let histogram = NativeHistogram {
        schema,
        zero,
        buckets,
    };
    (histogram, sample)
}

#[test]
fn the_quantiles_of_10_000_draws_are_within_1_percent_of_their_order_statistics() {
    for (spec, lowest, highest) in [
        ("uniform(0s,2s)", 3, 3),
        ("lognormal(p50=200ms,p99=400ms)", 4, 5),
        ("mix(0.5:constant(250ms),0.5:uniform(100ms,400ms))", 6, 6),
    ] {
        for seed in 0..5 {
            let (histogram, sample) = sampled(&delay(spec), seed, 10_000);
            let schema = histogram.schema.number();
            assert!((lowest..=highest).contains(&schema), "{spec}: {schema}");
            for (q, rank) in [(0.5, 5_000), (0.9, 9_000), (0.99, 9_900)] {
                let error = histogram.quantile(q) / sample[rank] - 1.0;
                assert!(error.abs() < 0.01, "{spec}, seed {seed}, {q}: {error}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(50) })]

    #[test]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 500")]
    fn a_quantile_of_a_sample_is_in_the_bucket_of_its_order_statistic(
        spec in select(DELAYS.to_vec()), seed: u64, count in 1..500_u16, q in 0.0..=1.0_f64,
    ) {
        let (histogram, sample) = sampled(&delay(spec), seed, count.into());
        let rank = q * f64::from(count);
        // Next to a whole number, the rank is that of either neighbour.
        prop_assume!((rank - rank.round()).abs() > 1e-9);
        let exact = sample[rank.floor() as usize];
        let found = histogram.quantile(q);
        match histogram.schema.index(exact) {
            None => prop_assert_eq!(found, 0.0),
            Some(index) => {
                let bounds = [index - 1, index].map(|index| histogram.schema.bound(index));
                prop_assert!(bounds[0] <= found * (1.0 + 1e-12) && found <= bounds[1] * (1.0 + 1e-12));
            }
        }
    }
}
