//! The clock of the canary's own machine, which is set while it runs.

use std::fs;

use crate::{
    canary::Watch,
    parts::{Folder, absent, clock_of},
    world::{scraping, service},
};

#[test]
fn a_clock_that_is_set_right_is_followed() {
    if absent(&["prometheus"]) {
        return;
    }
    let folder = Folder::new("clock");
    let file = folder.write("clock", "-10m");
    let Some(clock) = clock_of(&file) else { return };
    let service = service();
    let prometheus = scraping(service.address);
    let watch = Watch::of(service.address).prometheus(&prometheus);
    let canary = watch.start_with(&clock);
    let words = "the clock of Prometheus is 600.0 s ahead of this machine's";
    canary.round(1).expect("prometheus", &["warn"], &[words]);
    fs::write(&file, "+0").unwrap();
    let is_good = |hop: &str| canary.next_that("has one clock", |round| round.of(hop) == "pass");
    is_good("prometheus");
    is_good("measured");
}
