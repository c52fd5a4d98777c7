//! A replica that ends in the middle of a run, and another one in its place or beside it.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::Relaxed},
};

use serde_json::json;

use crate::{
    parts::{Folder, Prometheus, Service, absent, until},
    proxy::{Faults, Proxy},
    verify::{Report, UNTIL_ENDED, Verify},
    world::{TwoReplicas, behind, job, metrics, prometheus, service, tried, until_accepted},
};

const HOP: &str = "/metrics -> Prometheus";

/// A service behind an address that stays the same, scraped there.
struct Place {
    service: Service,
    front: Proxy,
    prometheus: Prometheus,
}

impl Place {
    fn new() -> Self {
        let (service, front) = behind(Faults::default());
        let prometheus = prometheus(&[job("httpserver", &[front.address])]);
        Self {
            service,
            front,
            prometheus,
        }
    }

    /// Runs, and lets `restart` happen when 60 requests have been answered.
    fn run(mut self, restart: impl FnOnce(&mut Service, &Proxy, &Prometheus) -> Service) -> Report {
        let verify = Verify::of(self.front.address).prometheus(&self.prometheus);
        let run = verify.flags(&UNTIL_ENDED).start();
        until_accepted(&self.service, 60.0);
        let successor = restart(&mut self.service, &self.front, &self.prometheus);
        run.end_after(60.0, &successor)
    }
}

#[test]
fn a_quick_restart_is_named_with_both_replicas_and_the_lost_counts() {
    if absent(&["prometheus"]) {
        return;
    }
    let report = Place::new().run(|old, front, _| {
        let new = service();
        front.switch(&[new.address]);
        old.process.kill();
        new
    });
    report.fails(HOP, &["was restarted: replica", "then replica"]);
    report.fails(
        "measured -> /metrics",
        &["ended during the run", "are lost"],
    );
}

#[test]
fn a_slow_restart_is_a_gap_besides() {
    if absent(&["prometheus"]) {
        return;
    }
    let report = Place::new().run(|old, front, prometheus| {
        let failed = || prometheus.value("count_over_time(up[1m]) - sum_over_time(up[1m])");
        let before = failed().unwrap();
        old.process.kill();
        until("two failed scrapes", || {
            failed().filter(|failed| *failed >= before + 2.0)
        });
        let new = service();
        front.switch(&[new.address]);
        new
    });
    report.fails(HOP, &["was restarted", "was not scraped for"]);
}

/// A rolling restart, with discovery that drops a replica when it has ended.
#[test]
fn a_replica_that_waits_for_its_last_scrape_loses_nothing() {
    if absent(&["prometheus"]) {
        return;
    }
    let folder = Folder::new("discovery");
    let discover = |services: &[&Service]| {
        let targets: Vec<_> = services.iter().map(|it| it.address.to_string()).collect();
        folder.write("targets.json", &json!([{ "targets": targets }]).to_string())
    };
    let replicas = TwoReplicas::start();
    let TwoReplicas { one, two, front } = &replicas;
    front.switch(&[one.address]);
    let mut job = job("httpserver", &[]);
    let object = job.as_object_mut().unwrap();
    object.remove("static_configs");
    let file = discover(&[one, two]);
    object.insert(
        "file_sd_configs".to_owned(),
        json!([{ "files": [file], "refresh_interval": "1s" }]),
    );
    let prometheus = prometheus(&[job]);
    tried(&prometheus, 2.0);
    let verify = replicas.verify().prometheus(&prometheus);
    let run = verify.flags(&UNTIL_ENDED).flags(&["--exclusive"]).start();
    until_accepted(one, 60.0);
    front.switch(&[two.address]);
    let TwoReplicas { mut one, two, .. } = replicas;
    one.process.signal("-TERM");
    assert_eq!(one.process.wait().code(), Some(0));
    discover(&[&two]);
    let listed = || prometheus.api("/api/v1/targets?state=active")["activeTargets"].take();
    until("one target", || {
        (listed().as_array()?.len() == 1).then_some(())
    });
    let report = run.end_after(60.0, &two);
    report.expect(HOP, "PASS", &["2 replicas of 2 targets"]);
    // It does not wait for `verify`, which may not have read its last answers.
    let pages = report.says("measured -> /metrics");
    assert!(pages.contains("2 replicas"), "{report}");
    report.expect("ledger", "PASS", &[]);
    assert_eq!(report.code, 0, "{report}");
}

/// As where it ends at once after its last scrape: Prometheus has the answers that its page was not read after.
#[test]
fn a_replica_that_ended_before_it_was_read_last_is_compared_with_its_answers() {
    if absent(&["prometheus"]) {
        return;
    }
    let place = Place::new();
    let page = Proxy::start(&[place.service.address], Faults::default());
    let verify = Verify::of(place.front.address).flags(&["--metrics", &metrics(page.address)]);
    let run = verify.prometheus(&place.prometheus).flags(&UNTIL_ENDED);
    let run = run.flags(&["--exclusive"]).start();
    until_accepted(&place.service, 60.0);
    page.close();
    let report = run.end_after(60.0, &place.service);
    report.expect(
        "measured -> /metrics",
        "WARN",
        &["ended before its last", "only Prometheus has them"],
    );
    report.expect(HOP, "PASS", &["1 replica of 1 target"]);
    report.expect("ledger", "PASS", &[]);
    assert_eq!(report.code, 0, "{report}");
}

/// As one that has ended and left an address that refuses no connection.
#[test]
fn a_replica_that_is_slow_to_read_does_not_keep_the_others_from_being_read() {
    let TwoReplicas { one, two, front } = TwoReplicas::start();
    let quick = Proxy::start(&[two.address], Faults::default());
    let (reads, is_slow) = (quick.clone(), Arc::new(AtomicBool::new(false)));
    let slowed = Arc::clone(&is_slow);
    let until_read = move |_: &str, body| {
        if !slowed.swap(false, Relaxed) {
            return body;
        }
        let so_far = reads.passed();
        until("the other one to be read twice more", || {
            (reads.passed() > so_far + 1).then_some(())
        });
        body
    };
    let faults = Faults {
        rewrite: Some(Box::new(until_read)),
        ..Faults::default()
    };
    let slow = Proxy::start(&[one.address], faults);
    let pages = [quick.address, slow.address].map(metrics);
    let verify = Verify::of(front.address).flags(&["--metrics", &pages[0], "--metrics", &pages[1]]);
    let run = verify.flags(&UNTIL_ENDED).start();
    until_accepted(&one, 10.0);
    is_slow.store(true, Relaxed);
    until("a slow answer", || (!is_slow.load(Relaxed)).then_some(()));
    let report = run.end_after(30.0, &one);
    report.expect("measured -> /metrics", "PASS", &["2 replicas"]);
}
