//! Names, ranges and averages in expressions as people write them.

use super::*;
use proptest::prelude::*;

fn read(text: &str) -> Expression {
    text.parse().unwrap()
}

#[test]
fn names_and_ranges_are_those_outside_strings_and_comments() {
    let text = "histogram_quantile(0.99, sum by (le) (rate(x_bucket{step=\"total\", a=~`b}[1h]`}[1m30s])))\n# rate(y[2h])\n+ job:p99{c='(\\''}[5m:10s]";
    let expression = read(text);
    let names: Vec<_> = expression.names().collect();
    let known = [
        "histogram_quantile",
        "sum",
        "by",
        "le",
        "rate",
        "x_bucket",
        "job:p99",
    ];
    assert_eq!(names, known);
    let ranges: Vec<_> = expression.ranges().map(|range| range.as_secs()).collect();
    assert_eq!(ranges, [90, 300]);
    assert!(read("sum({__name__=\"x_bucket\"})").has_name("x_bucket"));
}

#[test]
fn averages_of_percentiles_are_found_wherever_they_are() {
    let is_rule = |name: &str| name == "job:p99";
    for text in [
        "avg(histogram_quantile(0.99, rate(x_bucket[5m])))",
        "avg by (job) (histogram_quantile(0.99, rate(x_bucket[5m])))",
        "max(avg without(instance) (job:p99))",
        "avg_over_time(job:p99[1h])",
        "1000 * avg(job:p99) by (job)",
    ] {
        assert!(read(text).averages_percentiles(is_rule), "{text}");
    }
    for text in [
        "histogram_quantile(0.99, avg by (le) (rate(x_bucket[5m])))",
        "job:p99",
        "avg(up) + job:p99",
        "avg",
        "avg by",
        "avg by (",
        "max(job:p99)",
    ] {
        assert!(!read(text).averages_percentiles(is_rule), "{text}");
    }
}

#[test]
fn what_cannot_be_asked_is_refused() {
    for (bad, why) in [
        (" ", "empty"),
        ("rate(x[$__rate_interval])", "$__rate_interval"),
        ("x{a=\"b\"", "}"),
        ("x[5m", "]"),
        ("\"a", "quote"),
    ] {
        let error = bad.parse::<Expression>().unwrap_err();
        assert!(error.contains(why), "{bad}: {error}");
    }
    assert_eq!(duration("1h30m"), Some(Duration::from_mins(90)));
    assert_eq!(duration("500ms"), Some(Duration::from_millis(500)));
    assert_eq!(duration("300"), Some(Duration::from_mins(5)));
    for bad in ["", "5", "m", "5x", "-5m", "99999999999999999999s", "0s"] {
        assert!(bad == "5" || duration(bad).is_none(), "{bad}");
    }
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "[a-z(){}\\[\\]\"'`\\\\ #é,=:0-9]{0,40}") {
        if let Ok(expression) = text.parse::<Expression>() {
            let _ = (expression.averages_percentiles(|_| true), expression.ranges().count());
        }
    }
}
