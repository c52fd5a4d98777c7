//! A round that could not judge a stage has lost nothing in it.

use super::canary;
use crate::parts::{self, Prometheus, Service, free_address, until_or};

#[test]
fn what_prometheus_has_not_scraped_yet_is_not_lost() {
    if parts::absent(&["prometheus"]) {
        return;
    }
    let service = Service::start::<&str>(&["--delay", "uniform(0s,100ms)"], &[]);
    let config = Prometheus::scraping("httpserver", &[service.address], "1d");
    let prometheus = Prometheus::start(&config);
    let flags = ["--wait=1s", "--deadline=4s"];
    let canary = canary(&service, &prometheus, free_address(), &flags);
    let round = until_or(
        || canary.get("/status").json()["last"].get(0).cloned(),
        || canary.process.said(),
    );
    let hops = round["hops"].as_array().unwrap();
    let scraped = hops.iter().find(|hop| hop["hop"] == "prometheus").unwrap();
    assert_eq!(scraped["verdict"], "unreachable", "{round:#}");
    let stages = round["stages"].as_array().unwrap();
    let stages: Vec<_> = stages.iter().map(|stage| &stage["stage"]).collect();
    assert_eq!(stages, ["metrics"], "{round:#}");
}
