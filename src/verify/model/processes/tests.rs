//! Runs as Prometheus stores them: steady, reset, restarted, with gaps, scraped twice.

mod baselines;

use super::*;
use crate::verify::model::series::Point;

const T: i64 = 1_700_000_000_000;

/// Seconds of the run, and values.
fn series(labels: &[(&str, &str)], points: &[(i64, f64)]) -> Series {
    let text = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    Series {
        labels: labels.iter().map(text).collect(),
        points: points
            .iter()
            .map(|&(second, value)| Point {
                at: T + 1000 * second,
                value,
            })
            .collect(),
    }
}

fn accepted(instance: &str, points: &[(i64, f64)]) -> Series {
    let name = ("__name__", "x_requests_accepted_total");
    series(&[name, ("job", "j"), ("instance", instance)], points)
}

fn bucket(le: &str, points: &[(i64, f64)]) -> Series {
    let name = ("__name__", "x_execution_latency_seconds_bucket");
    let labels = [
        name,
        ("job", "j"),
        ("instance", "a"),
        ("le", le),
        ("step", "total"),
    ];
    series(&labels, points)
}

fn info(instance: &str, id: &str, seconds: &[i64]) -> Series {
    let labels = [
        ("__name__", "target_info"),
        ("job", "j"),
        ("instance", instance),
        ("service_instance_id", id),
    ];
    let points: Vec<_> = seconds.iter().map(|&second| (second, 1.0)).collect();
    series(&labels, &points)
}

fn started(instance: &str, points: &[(i64, i64)]) -> Series {
    let labels = [
        ("__name__", "process_start_time_seconds"),
        ("job", "j"),
        ("instance", instance),
    ];
    let seconds = |&(second, start): &(i64, i64)| (second, (T / 1000 + start) as f64);
    series(&labels, &points.iter().map(seconds).collect::<Vec<_>>())
}

/// From second 0 (the baseline) to second 10; the last answer came at second 8.
fn sort(all: &[Series]) -> Vec<Target> {
    sort_in(&window(), all)
}

fn window() -> Window {
    let labels = |instance: &str| accepted(instance, &[]).target();
    Window {
        began: T + 500,
        ended: T + 8500,
        baselines: [(labels("a"), T), (labels("b"), T)].into(),
        ..Window::default()
    }
}

fn sort_in(window: &Window, all: &[Series]) -> Vec<Target> {
    let all: Vec<_> = all.iter().collect();
    targets(&all, &Names::new("x"), window, |_| Some(2.0))
}

fn only(all: &[Series]) -> Target {
    let mut targets = sort(all);
    assert_eq!(targets.len(), 1, "{targets:#?}");
    targets.remove(0)
}

const STEADY: [(i64, f64); 6] = [
    (0, 5.0),
    (2, 6.0),
    (4, 8.0),
    (6, 11.0),
    (8, 14.0),
    (10, 15.0),
];

fn near(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-9, "{found}, not {expected}");
}

fn alive(instance: &str) -> [Series; 2] {
    let seconds = [0, 2, 4, 6, 8, 10];
    let starts: Vec<_> = seconds.iter().map(|&second| (second, -100)).collect();
    [info(instance, "one", &seconds), started(instance, &starts)]
}

#[test]
fn the_rise_from_the_last_scrape_before_to_the_first_one_after_is_counted() {
    let mut points = STEADY.to_vec();
    points.insert(0, (-2, 4.0));
    points.push((12, 99.0));
    let [info, started] = alive("a");
    let target = only(&[accepted("a", &points), info, started]);
    assert_eq!(target.processes.len(), 1);
    near(target.processes[0].counts.accepted, 10.0);
    assert_eq!(target.processes[0].instance_id.as_deref(), Some("one"));
    assert!(target.is_complete && target.has_baseline);
    assert!(target.gaps.is_empty() && target.falls.is_empty());
}

#[test]
fn le_is_compared_as_a_number() {
    let [info, started] = alive("a");
    let all = [
        accepted("a", &STEADY),
        bucket("1.0", &STEADY),
        bucket("+Inf", &STEADY),
        info,
        started,
    ];
    let total = &only(&all).processes[0].counts.steps["total"];
    assert_eq!(total.upto(1.0), Some(10.0));
    assert_eq!(total.upto(f64::INFINITY), Some(10.0));
}

#[test]
fn the_buckets_of_a_process_that_ended_before_the_run_are_not_of_it() {
    let [info, started] = alive("a");
    let all = [
        accepted("a", &STEADY),
        bucket("0.5", &[(-4, 1.0), (-2, 2.0)]),
        bucket("1.0", &STEADY),
        bucket("+Inf", &STEADY),
        info,
        started,
    ];
    let total = &only(&all).processes[0].counts.steps["total"];
    assert_eq!((total.upto(0.5), total.upto(1.0)), (None, Some(10.0)));
}

#[test]
fn a_restart_starts_at_zero_even_where_nothing_falls() {
    // The new process has overtaken the old one's count before its first scrape.
    let points = [
        (0, 5.0),
        (2, 6.0),
        (4, 7.0),
        (6, 9.0),
        (8, 12.0),
        (10, 12.0),
    ];
    let target = only(&[
        accepted("a", &points),
        info("a", "one", &[0, 2, 4]),
        info("a", "two", &[6, 8, 10]),
        started(
            "a",
            &[(0, -100), (2, -100), (4, -100), (6, 5), (8, 5), (10, 5)],
        ),
    ]);
    let counted: Vec<_> = target
        .processes
        .iter()
        .map(|process| process.counts.accepted)
        .collect();
    assert_eq!(counted, [2.0, 12.0]);
    assert!(target.falls.is_empty(), "{target:?}");
}

#[test]
fn a_new_instance_id_alone_is_a_restart() {
    let starts: Vec<_> = [0, 2, 4, 6, 8, 10].map(|second| (second, 0)).to_vec();
    let target = only(&[
        accepted("a", &STEADY),
        info("a", "one", &[0, 2]),
        info("a", "two", &[4, 6, 8, 10]),
        started("a", &starts),
    ]);
    let counted: Vec<_> = target
        .processes
        .iter()
        .map(|process| process.counts.accepted)
        .collect();
    assert_eq!(counted, [1.0, 15.0]);
}

#[test]
fn a_fall_without_a_restart_is_reported_and_adds_the_new_value() {
    let points = [(0, 5.0), (2, 9.0), (4, 1.0), (6, 3.0), (8, 3.0), (10, 3.0)];
    let [info, started] = alive("a");
    let target = only(&[accepted("a", &points), info, started]);
    near(target.processes[0].counts.accepted, 7.0);
    assert_eq!(
        target.falls,
        ["x_requests_accepted_total".to_owned()].into()
    );
}

#[test]
fn a_spacing_above_one_and_a_half_intervals_is_a_gap() {
    let points = [(0, 5.0), (2, 6.0), (8, 14.0), (10, 15.0)];
    let [info, started] = alive("a");
    let target = only(&[accepted("a", &points), info, started]);
    let gap = Gap {
        after_ms: T + 2000,
        seconds: 6.0,
        interval_seconds: 2.0,
    };
    assert_eq!(target.gaps, [gap]);
    near(target.processes[0].counts.accepted, 10.0);
}

#[test]
fn a_slightly_late_scrape_is_not_a_gap_however_short_the_interval() {
    let every_two_seconds = [(0, 5.0), (2, 6.0), (4, 8.0), (7, 11.0), (9, 15.0)];
    let each_second = [(0, 5.0), (1, 6.0), (2, 8.0), (4, 11.0), (5, 15.0)];
    for points in [every_two_seconds, each_second] {
        let [info, started] = alive("a");
        let target = only(&[accepted("a", &points), info, started]);
        assert_eq!(target.gaps, []);
    }
}

#[test]
fn a_target_that_is_not_scraped_after_the_run_is_incomplete() {
    let [info, started] = alive("a");
    let target = only(&[accepted("a", &STEADY[..5]), info, started]);
    assert!(!target.is_complete);
}

#[test]
fn one_replica_under_two_targets_is_seen_in_both() {
    let [info_a, started_a] = alive("a");
    let [info_b, started_b] = alive("b");
    let all = [
        accepted("a", &STEADY),
        accepted("b", &STEADY),
        info_a,
        started_a,
        info_b,
        started_b,
    ];
    let ids: Vec<_> = sort(&all)
        .iter()
        .map(|target| target.processes[0].instance_id.clone())
        .collect();
    assert_eq!(ids, [Some("one".to_owned()), Some("one".to_owned())]);
}

#[test]
fn another_namespace_with_the_same_beginning_is_not_counted() {
    let name = ("__name__", "xy_requests_accepted_total");
    let other = series(&[name, ("job", "j"), ("instance", "a")], &STEADY);
    assert!(sort(&[other]).is_empty());
}
