//! The page's arithmetic gives the same numbers as that of the crate.

use std::collections::BTreeMap;

use httpserver::buckets::{Buckets, NativeHistogram, Schema, quantile};
use serde_json::{Value, json};

use crate::{
    browser::Browser,
    numbers::{computed, exact, float, floats, is_near, number},
    parts::Service,
};

const QUANTILES: [f64; 14] = [
    f64::NAN,
    f64::NEG_INFINITY,
    -0.1,
    0.0,
    0.001,
    0.25,
    0.499_999,
    0.5,
    0.9,
    0.95,
    0.99,
    0.999,
    1.0,
    1.1,
];

#[test]
fn quantiles_of_classic_histograms_are_those_of_the_crate() {
    let Some(browser) = Browser::start() else {
        return;
    };
    let _service = serving(&browser);
    let cases: Vec<Value> = serde_json::from_str(include_str!("data/classic.json")).unwrap();
    for case in cases {
        let (bounds, cumulative) = (floats(&case["bounds"]), floats(&case["cumulative"]));
        let expected: Vec<_> = QUANTILES
            .map(|q| number(quantile(q, &bounds, &cumulative)))
            .into();
        let body = "const { classic } = await import(at('page/quantile.js'));
            return given.q.map((q) => classic(q, given.bounds, given.cumulative));";
        let given = json!({"q": QUANTILES.map(number), "bounds": numbers(&bounds), "cumulative": numbers(&cumulative)});
        assert_eq!(
            computed(&browser, body, &given),
            Value::from(expected),
            "{case}"
        );
    }
}

#[test]
fn quantiles_of_native_histograms_are_those_of_the_crate() {
    let Some(browser) = Browser::start() else {
        return;
    };
    let _service = serving(&browser);
    let cases: Vec<Value> = serde_json::from_str(include_str!("data/native.json")).unwrap();
    for case in cases {
        let histogram = histogram(&case);
        let body = "const { native } = await import(at('page/quantile.js'));
            return given.q.map((q) => native(q, { ...given, buckets: new Map(given.buckets) }));";
        let mut given = case.clone();
        given["q"] = QUANTILES.iter().copied().map(number).collect();
        let found = computed(&browser, body, &given);
        for (q, found) in QUANTILES.into_iter().zip(found.as_array().unwrap()) {
            let (found, expected) = (float(found), histogram.quantile(q));
            assert!(
                is_near(found, expected, 1e-12),
                "{q}: {found}, not {expected}: {case}"
            );
        }
    }
}

#[test]
fn bounds_of_native_buckets_are_those_of_the_crate() {
    let Some(browser) = Browser::start() else {
        return;
    };
    let _service = serving(&browser);
    let body = "const { bound } = await import(at('page/buckets.js'));
        return given.indices.map((index) => bound(given.schema, index));";
    for schema in (-4..=8).filter_map(Schema::new) {
        let indices: Vec<_> = [5e-9, 1e-3, 0.5, 0.7, 1.0, 1.5, 60.0, 1e9, f64::MAX]
            .into_iter()
            .filter_map(|value| schema.index(value))
            .collect();
        let given = json!({"schema": schema.number(), "indices": indices});
        let found = computed(&browser, body, &given);
        for (index, found) in indices.iter().zip(found.as_array().unwrap()) {
            let (found, expected) = (float(found), schema.bound(*index));
            assert!(
                is_near(found, expected, 1e-14),
                "{schema:?} {index}: {found}, not {expected}"
            );
        }
    }
}

#[test]
fn a_coarser_histogram_counts_each_value_in_the_bucket_of_its_schema() {
    let Some(browser) = Browser::start() else {
        return;
    };
    let _service = serving(&browser);
    let body = "const { coarser } = await import(at('page/buckets.js'));
        const found = coarser({ ...given, buckets: new Map(given.buckets) }, given.to);
        return { schema: found.schema, zero: found.zero, buckets: [...found.buckets].sort(([a], [b]) => a - b) };";
    let values = values(500);
    for (from, to) in [(8, 8), (8, 3), (3, -4), (0, -1), (5, 4)] {
        let (from, to) = (Schema::new(from).unwrap(), Schema::new(to).unwrap());
        let mut given = native(from, &values);
        given["to"] = json!(to.number());
        let found = computed(&browser, body, &given);
        assert_eq!(found, exact(&native(to, &values)), "{from:?} -> {to:?}");
    }
}

#[test]
fn a_difference_has_what_was_observed_between_two_readings() {
    let Some(browser) = Browser::start() else {
        return;
    };
    let _service = serving(&browser);
    let body = "const { subtract } = await import(at('page/buckets.js'));
        const whole = ({ native, ...rest }) => ({ ...rest, native: native && { ...native, buckets: new Map(native.buckets) } });
        const found = subtract(whole(given.later), whole(given.earlier));
        return found && { count: found.count, cumulative: found.cumulative, native: plainNative(found.native) };";
    let subtract = |later: &Value, earlier: &Value| {
        computed(&browser, body, &json!({"later": later, "earlier": earlier}))
    };
    let values = values(700);
    let bounds = [0.001, 0.01, 0.1, 1.0];
    // The schema falls as the range of the values grows, as it does in the service.
    let (later, earlier) = (
        reading(&bounds, 3, &values),
        reading(&bounds, 5, &values[..300]),
    );
    let mut expected = reading(&bounds, 3, &values[300..]);
    for without in ["sum", "bounds"] {
        expected.as_object_mut().unwrap().remove(without);
    }
    assert_eq!(subtract(&later, &earlier), exact(&expected));
    assert_eq!(subtract(&later, &later)["count"], number(0.0));
    assert_eq!(subtract(&earlier, &later), Value::Null, "a reset counter");
    let other = reading(&[0.001, 0.01, 0.2, 1.0], 5, &values[..300]);
    assert_eq!(subtract(&later, &other), Value::Null, "other bounds");
}

#[test]
fn native_buckets_are_spread_over_other_bounds_without_loss() {
    let Some(browser) = Browser::start() else {
        return;
    };
    let _service = serving(&browser);
    let body = "const { spread } = await import(at('page/buckets.js'));
        return spread({ ...given, buckets: new Map(given.buckets) }, given.bounds);";
    let values = values(1000);
    for spec in [
        "semconv",
        "linear(0.1,0.1,20)",
        "exponential(0.001,2,15)",
        "0.25,0.5,1",
        "0.0000001,1000",
    ] {
        let buckets: Buckets = spec.parse().unwrap();
        let schema = Schema::new(4).unwrap();
        let mut given = native(schema, &values);
        given["bounds"] = json!(buckets.bounds());
        let found: Vec<_> = computed(&browser, body, &given)
            .as_array()
            .unwrap()
            .iter()
            .map(float)
            .collect();
        assert!(found.is_sorted(), "{spec}: {found:?}");
        assert_eq!(found.last(), Some(&(values.len() as f64)), "{spec}");
        for (bound, found) in buckets.bounds().iter().zip(found) {
            let is_in_its_bucket = |value: &&f64| schema.index(**value) == schema.index(*bound);
            let divided = values.iter().filter(is_in_its_bucket).count() as f64;
            let expected = values.iter().filter(|value| *value <= bound).count() as f64;
            assert!(
                (found - expected).abs() <= divided,
                "{spec} {bound}: {found}, not {expected}"
            );
        }
    }
}

/// A running service whose page is open.
pub(crate) fn serving(browser: &Browser) -> Service {
    let service = Service::start::<&str>(&[], &[]);
    browser.open(&service.url());
    service
}

/// Values from 0.3 ms to 3 s, and 0.
fn values(count: u32) -> Vec<f64> {
    let part = |n: u32| f64::from(n.wrapping_mul(2_654_435_761) >> 8) / f64::from(1 << 24);
    (0..count)
        .map(|n| {
            if n % 50 == 0 {
                0.0
            } else {
                3e-4 * 1e4_f64.powf(part(n))
            }
        })
        .collect()
}

fn native(schema: Schema, values: &[f64]) -> Value {
    let mut buckets = BTreeMap::new();
    for index in values.iter().filter_map(|value| schema.index(*value)) {
        *buckets.entry(index).or_insert(0) += 1;
    }
    let zero = values
        .iter()
        .filter(|value| schema.index(**value).is_none())
        .count();
    let buckets: Vec<_> = buckets.into_iter().collect();
    json!({"schema": schema.number(), "zero": zero, "buckets": buckets})
}

fn reading(bounds: &[f64], schema: i32, values: &[f64]) -> Value {
    let up_to = |bound: f64| values.iter().filter(|value| **value <= bound).count();
    let cumulative: Vec<_> = bounds
        .iter()
        .copied()
        .chain([f64::INFINITY])
        .map(up_to)
        .collect();
    let native = native(Schema::new(schema).unwrap(), values);
    let sum: f64 = values.iter().sum();
    json!({"count": values.len(), "sum": sum, "bounds": bounds, "cumulative": cumulative, "native": native})
}

fn histogram(case: &Value) -> NativeHistogram {
    let index = |value: f64| format!("{value}").parse::<i32>().unwrap();
    let buckets = case["buckets"].as_array().unwrap().iter().map(floats);
    NativeHistogram {
        schema: Schema::new(index(case["schema"].as_f64().unwrap())).unwrap(),
        zero: case["zero"].as_f64().unwrap(),
        buckets: buckets.map(|pair| (index(pair[0]), pair[1])).collect(),
    }
}

pub(crate) fn numbers(all: &[f64]) -> Vec<Value> {
    all.iter().copied().map(number).collect()
}
