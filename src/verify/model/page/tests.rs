//! Snapshots of small pages.

use super::*;
use crate::{contract::Step, verify::model::exposition};

const TEXT: &str = "\
target_info{service_instance_id=\"a\",service_name=\"httpserver\"} 1
x_delay_info{delay=\"uniform(0s,2s)\",seed=\"7\"} 1
x_requests_accepted_total 5
x_requests_rejected_total{reason=\"max_in_flight\"} 2
x_execution_latency_seconds_bucket{step=\"total\",le=\"1\"} 3
x_execution_latency_seconds_bucket{step=\"total\",le=\"+Inf\"} 4
x_execution_latency_seconds_sum{step=\"total\"} 4.5
x_execution_latency_seconds_count{step=\"total\"} 4
xy_requests_accepted_total 99
";

fn page(text: &str) -> Result<PageSnapshot, String> {
    PageSnapshot::read(&exposition::parse(text).unwrap(), &Names::new("x"))
}

fn replica(pages: &[(&str, f64)]) -> Replica {
    let page = |&(id, accepted): &(&str, f64)| PageSnapshot {
        instance_id: id.to_owned(),
        counts: Counts {
            accepted,
            ..Counts::default()
        },
        ..PageSnapshot::default()
    };
    Replica {
        url: String::new(),
        began_in_run: false,
        is_gone: false,
        snapshots: pages.iter().map(page).collect(),
        settled: Some(pages.len()),
        unread: None,
        after: None,
        offered: None,
    }
}

#[test]
fn a_snapshot_holds_the_ledger_and_the_buckets() {
    let page = page(TEXT).unwrap();
    let total = page.counts.step(Step::Total).unwrap();
    assert_eq!(page.counts.accepted, 5.0);
    assert_eq!(
        (total.upto(1.0), total.upto(f64::INFINITY)),
        (Some(3.0), Some(4.0))
    );
    assert_eq!((total.count, total.sum), (4.0, 4.5));
    assert_eq!(page.declared.unwrap().1, "7");
}

#[test]
fn the_missing_metric_is_named() {
    assert_eq!(page("up 1").unwrap_err(), "x_requests_accepted_total");
    let anonymous = TEXT.replace("service_instance_id", "other");
    let error = page(&anonymous).unwrap_err();
    assert!(error.contains("service_instance_id"), "{error}");
}

#[test]
fn a_restart_splits_the_counts() {
    let replica = replica(&[("a", 10.0), ("a", 14.0), ("b", 1.0), ("b", 6.0)]);
    let processes = replica.processes();
    let counted: Vec<_> = processes
        .iter()
        .map(|one| (one.instance_id, one.counts.accepted, one.is_complete))
        .collect();
    assert_eq!(counted, [("a", 4.0, false), ("b", 6.0, true)]);
    assert!(!replica.alternates());
}

#[test]
fn a_replica_that_began_in_the_run_counts_from_zero() {
    let mut replica = replica(&[("a", 10.0), ("a", 14.0)]);
    replica.began_in_run = true;
    assert_eq!(replica.processes()[0].counts.accepted, 14.0);
}

#[test]
fn a_process_is_gone_where_nothing_listened_last() {
    let mut replica = replica(&[("a", 1.0), ("b", 2.0)]);
    replica.settled = None;
    replica.note(Err(None), 9);
    let gone: Vec<_> = replica.processes().iter().map(|it| it.is_gone).collect();
    assert_eq!(gone, [false, true]);
    let next = replica.snapshots[1].clone();
    replica.note(Ok(next), 9);
    assert!(replica.processes().iter().all(|it| !it.is_gone));
}

#[test]
fn thinning_out_changes_no_count() {
    let mut pages: Vec<_> = (0..100).map(|count| ("a", f64::from(count))).collect();
    pages.extend((0..51).map(|count| ("b", f64::from(count))));
    let mut replica = replica(&pages);
    replica.settled = None;
    let counted = |replica: &Replica| -> Vec<_> {
        let processes = replica.processes().into_iter();
        processes
            .map(|one| (one.counts.accepted, one.is_complete))
            .collect()
    };
    let before = counted(&replica);
    replica.thin_out();
    assert_eq!(counted(&replica), before);
    assert!(replica.snapshots.len() < 80, "{}", replica.snapshots.len());
}

#[test]
fn alternating_replicas_are_noticed() {
    assert!(replica(&[("a", 1.0), ("b", 1.0), ("a", 2.0)]).alternates());
}
