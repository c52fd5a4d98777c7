//! A replica that ends in the middle of a run, and another one in its place.

use crate::{
    parts::{Prometheus, Service, absent, until},
    proxy::{Faults, Proxy},
    verify::{Report, UNTIL_ENDED, Verify},
    world::{behind, job, prometheus, service, until_accepted},
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
