//! The grammar: specs that are accepted, their canonical form, and errors with their column.

use std::time::Duration;

use super::{delay, examples};
use crate::delay::{Delay, SpecError};

fn refusal(spec: &str) -> SpecError {
    spec.parse::<Delay>().expect_err(spec)
}

#[test]
fn a_canonical_spec_is_written_as_it_was_read() {
    for spec in examples() {
        assert_eq!(delay(spec).to_string(), spec);
    }
}

#[test]
fn other_ways_of_writing_a_delay_have_one_canonical_spec() {
    for (spec, canonical) in [
        (" uniform ( 0ms , 2000ms ) ", "uniform(0s,2s)"),
        ("constant(0.25s)", "constant(250ms)"),
        ("exponential(1.5m)", "exponential(90s)"),
        ("quantiles(0=0s,100.0=1s)", "quantiles(100=1s)"),
        (
            "mix(0.50:constant(1s),0.5:constant(2s))",
            "mix(0.5:constant(1s),0.5:constant(2s))",
        ),
        ("capped(uniform(0s,2s),2s)", "uniform(0s,2s)"),
        (
            "capped(capped(pareto(1s,2),3s),5s)",
            "capped(pareto(1s,2),3s)",
        ),
    ] {
        assert_eq!(delay(spec).to_string(), canonical);
        assert_eq!(delay(spec), delay(canonical));
    }
}

#[test]
fn every_wrong_spec_is_refused_with_the_place_and_the_reason() {
    for (spec, column, reason) in [
        ("", 1, "expected one of constant, uniform"),
        ("gamma(1s)", 1, "expected one of"),
        ("Uniform(0s,2s)", 1, "expected one of"),
        ("constant", 9, "expected `(`, as in constant(DURATION)"),
        ("constant(1s", 12, "expected `)`"),
        (
            "constant(1s,2s)",
            12,
            "expected `)`, as in constant(DURATION)",
        ),
        ("constant(1s))", 13, "nothing after"),
        ("constant()", 10, "such as 250ms"),
        ("constant(250)", 10, "unit is missing"),
        ("constant(1d)", 10, "unknown unit `d`"),
        ("constant(-1s)", 10, "negative"),
        ("constant(NaN)", 10, "finite"),
        ("constant(99999999999999999999s)", 10, "100 days"),
        ("uniform(2s)", 11, "expected `,`, as in uniform(LOW,HIGH)"),
        (
            "uniform(2s,1s)",
            12,
            "HIGH must not be below LOW, which is 2s",
        ),
        ("normal(1s,0s)", 11, "SD must be above 0"),
        ("lognormal(200ms,1s)", 11, "expected `p50=`"),
        ("lognormal(p50=0s,p99=1s)", 15, "p50 must be above 0"),
        ("lognormal(p50=1s,p95=2s)", 18, "expected `p99=`"),
        (
            "lognormal(p50=1s,p99=1s)",
            18,
            "p99 must be above p50, which is 1s",
        ),
        ("exponential(0s)", 13, "MEAN must be above 0"),
        ("pareto(0s,2)", 8, "MIN must be above 0"),
        ("pareto(1s,0)", 11, "ALPHA must be above 0"),
        ("pareto(1s,1001)", 11, "at most 1000"),
        ("pareto(1s,-2)", 11, "decimal number"),
        ("pareto(1s,1e2)", 11, "decimal number"),
        ("pareto(1s,inf)", 11, "decimal number"),
        ("pareto(1s,1.0000000000000000000)", 11, "longer than 20"),
        ("quantiles(50=1s)", 16, "last percentile must be 100"),
        ("quantiles(50=1s,50=2s,100=3s)", 17, "above the last, 50"),
        (
            "quantiles(50=1s,90=0s,100=3s)",
            17,
            "not be below the last, 1s",
        ),
        ("quantiles(50=1s,101=2s)", 17, "above 100"),
        ("quantiles(50:1s)", 13, "expected `=`"),
        ("quantiles()", 11, "percentile must be a decimal number"),
        ("mix()", 5, "weight must be a decimal number"),
        ("mix(0:constant(1s))", 5, "weight must be above 0"),
        (
            "mix(0.5:constant(1s),0.4:constant(2s))",
            5,
            "sum to 1, not to 0.9",
        ),
        ("mix(1:uniform(0s,1))", 18, "unit is missing"),
        (
            "mix(1 constant(1s))",
            7,
            "expected `:`, as in mix(WEIGHT:SPEC,...)",
        ),
        ("capped(1s,2s)", 8, "expected one of"),
        (
            "capped(constant(1s))",
            20,
            "expected `,`, as in capped(SPEC,MAX)",
        ),
        ("constant(1é)", 10, "unknown unit `é`"),
        ("mix(1:constant(é))", 16, "such as 250ms"),
    ] {
        let error = refusal(spec);
        assert_eq!(error.column(), column, "{error}");
        assert!(error.reason().contains(reason), "{error}");
    }
}

#[test]
fn a_refusal_shows_the_spec_and_what_is_left_of_it() {
    let message = refusal("mix(1:uniform(2s,1s))").to_string();
    assert_eq!(
        message,
        "delay `mix(1:uniform(2s,1s))`: column 18, at `1s))`: HIGH must not be below LOW, which is 2s"
    );
    assert!(
        refusal("constant(1s")
            .to_string()
            .contains("column 12, at the end: ")
    );
}

#[test]
fn a_refusal_stays_on_one_line_and_short() {
    let message = refusal(&"con\nstant\u{1b}[31m".repeat(400)).to_string();
    assert!(!message.contains(char::is_control), "{message}");
    assert!(message.chars().count() < 500, "{message}");
}

#[test]
fn depth_parts_and_length_are_bounded() {
    let nested = |depth| {
        format!(
            "{}constant(1s){}",
            "mix(1:".repeat(depth),
            ")".repeat(depth)
        )
    };
    assert!(nested(7).parse::<Delay>().is_ok());
    assert!(refusal(&nested(8)).reason().contains("8 deep"));
    assert!(refusal(&nested(1000)).reason().contains("8 deep"));
    assert!(refusal(&"capped(".repeat(1000)).reason().contains("8 deep"));
    let wide = format!("quantiles({}100=1s)", "0.1=1s,".repeat(64));
    assert!(refusal(&wide).reason().contains("above the last"));
    let knots: Vec<_> = (1..=64).map(|n| format!("{n}=1s")).collect();
    assert!(
        refusal(&format!("quantiles({})", knots.join(",")))
            .reason()
            .contains("64 parts")
    );
    assert!(refusal(&" ".repeat(8193)).reason().contains("8192 bytes"));
}

#[test]
fn the_largest_delay_can_still_be_capped_and_read_back() {
    let nested = format!("{}exponential(1s){}", "mix(1:".repeat(7), ")".repeat(7));
    let weights = vec![0.015_873_015_873; 63];
    let parts = weights
        .iter()
        .map(|weight| format!("{weight}:exponential(1s)"));
    let wide = format!("mix({})", parts.collect::<Vec<_>>().join(","));
    for spec in [nested, wide] {
        let capped = delay(&spec).capped(Duration::from_mins(1));
        assert_eq!(delay(&capped.to_string()), capped);
    }
}
