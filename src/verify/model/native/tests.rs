//! Native samples: how they are read, subtracted and summed.

use super::*;

/// A sample with the buckets in which these values are, as Prometheus prints it.
fn point(at: i64, schema: i32, values: &[f64]) -> NativePoint {
    let schema = Schema::new(schema).unwrap();
    let bucket = |value: &f64| {
        let index = schema.index(*value).unwrap();
        (schema.bound(index - 1), schema.bound(index), 1.0)
    };
    let mut buckets: Vec<(f64, f64, f64)> = Vec::new();
    for (low, high, count) in values.iter().map(bucket) {
        match buckets.iter_mut().find(|found| found.0 == low) {
            Some(found) => found.2 += count,
            None => buckets.push((low, high, count)),
        }
    }
    NativePoint::read(at, values.len() as f64, &buckets).unwrap()
}

#[test]
fn each_schema_is_read_from_the_bounds() {
    for schema in -4..=8 {
        let values = [1e-6, 0.001, 0.3, 1.0, 1.99, 70.0];
        let read = point(0, schema, &values);
        assert_eq!(read.counts.schema.number(), schema);
        let total: f64 = read.counts.buckets.values().sum();
        assert_eq!(total, 6.0, "schema {schema}");
        assert_eq!(differences(&read.counts, values.into_iter(), 0.0), []);
    }
}

#[test]
fn zeros_have_their_own_bucket_and_tell_no_schema() {
    let read = NativePoint::read(0, 3.0, &[(-1e-128, 1e-128, 3.0)]).unwrap();
    assert_eq!((read.counts.zero, read.counts.schema), (3.0, Schema::MAX));
    let both = [(-1e-128, 1e-128, 3.0), (0.5, 1.0, 1.0)];
    let read = NativePoint::read(0, 4.0, &both).unwrap();
    assert_eq!((read.counts.zero, read.counts.schema.number()), (3.0, 0));
}

#[test]
fn converted_classic_buckets_are_not_exponential() {
    for buckets in [
        &[(0.1, 0.25, 1.0)][..],
        &[(0.5, 1.0, 1.0), (1.0, 2.5, 1.0)],
        &[(0.3, 0.6, 1.0)],
        &[(10.0, f64::INFINITY, 1.0)],
    ] {
        assert_eq!(NativePoint::read(0, 1.0, buckets), None, "{buckets:?}");
    }
}

#[test]
fn the_difference_is_taken_at_the_lower_schema() {
    let early = point(0, 5, &[0.3, 0.9]);
    let late = point(1, 2, &[0.3, 0.9, 0.31, 5.0]);
    let observed = increase(&[early.clone(), late.clone()], false);
    assert_eq!(observed.schema.number(), 2);
    assert_eq!(differences(&observed, [0.31, 5.0].into_iter(), 0.0), []);
    let all = increase(&[early, late], true);
    assert_eq!(all.total(), 4.0);
    let found = differences(&all, [0.3, 0.31, 0.9].into_iter(), 0.0);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(
        differences(&all, [0.3, 0.31, 0.9].into_iter(), f64::INFINITY),
        []
    );
}

#[test]
fn after_a_reset_the_new_counts_are_added() {
    let points = [point(0, 3, &[0.3, 0.9]), point(1, 3, &[0.5])];
    let observed = increase(&points, false);
    assert_eq!(differences(&observed, [0.5].into_iter(), 0.0), []);
}

#[test]
fn percentiles_weigh_each_series_by_its_rate() {
    // Both have the same rate, and as many observations above 1 s as below.
    let one = [point(0, 8, &[]), point(1000, 8, &[0.2, 0.2])];
    let other = [point(0, 8, &[]), point(1000, 8, &[1.5, 1.5])];
    let range = Range { from: -1, to: 1000 };
    let series: [&[NativePoint]; 2] = [&one, &other];
    let query = quantiles(&series, range, Vec::new());
    assert!((query.expected[1] / 1.5 - 1.0).abs() < 0.003, "{query:?}");
    let (low, high) = query.edges[0];
    assert!(low < 0.201 && high > 1.49, "an exact rank: {query:?}");
    let alone = quantiles(&series[..1], range, Vec::new());
    assert!((alone.expected[3] / 0.2 - 1.0).abs() < 0.003, "{alone:?}");
}
