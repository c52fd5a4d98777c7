//! A replica that ends in the middle of a run, and another one in its place.

use crate::{
    parts::{Prometheus, Service, absent, until},
    proxy::{Mischief, Proxy},
    verify::{Report, start},
    world::{images, job, prometheus, service},
};

const HOP: &str = "/metrics -> Prometheus";

/// A service behind an address that stays, scraped there.
struct Place {
    service: Service,
    front: Proxy,
    prometheus: Prometheus,
}

impl Place {
    fn new() -> Self {
        let service = service();
        let front = Proxy::start(&[service.address], Mischief::default());
        let prometheus = prometheus(&[job("httpserver", &[front.address])]);
        Self {
            service,
            front,
            prometheus,
        }
    }

    /// Runs, and lets `restart` happen when 60 requests have been answered.
    fn run(mut self, restart: impl FnOnce(&mut Service, &Proxy, &Prometheus) -> Service) -> Report {
        let (target, url) = (images(self.front.address), self.prometheus.url());
        let run = start(&[
            "--target",
            &target,
            "--prometheus",
            &url,
            "--duration",
            "6s",
        ]);
        until("60 requests", || {
            (self.service.metric("cloudnative_requests_accepted_total") > 60.0).then_some(())
        });
        let _successor = restart(&mut self.service, &self.front, &self.prometheus);
        run.end()
    }
}

#[test]
fn a_quick_restart_is_named_with_both_replicas_and_what_died_with_the_first() {
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
        &["ended during the run", "gone with it"],
    );
}

#[test]
fn a_slow_restart_is_a_gap_besides() {
    if absent(&["prometheus"]) {
        return;
    }
    let report = Place::new().run(|old, front, prometheus| {
        old.process.kill();
        until("a failed scrape", || {
            prometheus
                .value("sum_over_time(up[1m]) - count_over_time(up[1m]) < -1")
                .map(|_| ())
        });
        let new = service();
        front.switch(&[new.address]);
        new
    });
    report.fails(HOP, &["was restarted", "was not scraped for"]);
}
