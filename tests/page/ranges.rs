//! Between which values a percentile is proven to lie: by its bucket, and by requests whose times are known.

use serde_json::json;

use crate::{
    arithmetic::{numbers, serving},
    browser::Browser,
    numbers::{computed, number},
};

#[test]
fn the_range_of_a_percentile_is_that_of_its_bucket() {
    let Some(browser) = Browser::start() else {
        return;
    };
    let _service = serving(&browser);
    let body = "const { range } = await import(at('page/quantile.js'));
        return given.q.map((q) => range(q, given.bounds, given.cumulative));";
    let range = |q: &[f64], bounds: &[f64], cumulative: &[f64]| {
        let given =
            json!({"q": numbers(q), "bounds": numbers(bounds), "cumulative": numbers(cumulative)});
        computed(&browser, body, &given)
    };
    let expected = json!([
        [number(0.0), number(0.1)],
        [number(0.5), number(1.0)],
        [number(1.0), number(f64::INFINITY)]
    ]);
    let found = range(&[0.1, 0.8, 0.95], &[0.1, 0.5, 1.0], &[2.0, 2.0, 9.0, 10.0]);
    assert_eq!(found, expected);
    assert_eq!(
        range(&[0.5, f64::NAN, 2.0], &[0.1], &[0.0, 0.0]),
        json!([null, null, null])
    );
}

#[test]
fn what_the_requests_had_is_proven_by_buckets_and_by_known_times() {
    let Some(browser) = Browser::start() else {
        return;
    };
    let _service = serving(&browser);
    let body = "const { percentiles } = await import(at('page/view.js'));
        const histogram = { ...given, native: null };
        return percentiles({ histogram, seen: histogram, truth: { quantiles: [] }, samples: given.samples })[0].real;";
    // 15 / 29 * 29 is above 15: the rank of the median must stay a whole number.
    let times: Vec<f64> = (1..=29).map(|n| f64::from(n) / 150.0).collect();
    let median = |samples: &[f64]| {
        let given = json!({
            "count": number(29.0), "bounds": numbers(&[0.1, 0.2]), "cumulative": numbers(&[15.0, 29.0, 29.0]),
            "samples": numbers(samples),
        });
        computed(&browser, body, &given)
    };
    assert_eq!(median(&[]), json!([number(0.0), number(0.1)]));
    assert_eq!(
        median(&times),
        json!([number(times[14]), number(times[14])])
    );
    // Without two of them, these may be the shortest or the longest.
    let known: Vec<f64> = times[1..28].to_vec();
    let proven = json!([number(known[12]), number(known[14].min(0.1))]);
    assert_eq!(median(&known), proven);
}
