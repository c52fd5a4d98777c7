//! What an open page costs the service.

use std::{fs, time::Instant};

use crate::{page::Page, parts::Service};

/// Readings between the two measurements.
const READINGS: u32 = 6;
/// Of the clock in `/proc`: <https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html>.
const TICKS_PER_SECOND: f64 = 100.0;
/// Far above what it needs, so that a busy machine does not fail the test.
const MOST: f64 = 0.03;

#[test]
fn an_open_page_costs_the_service_little() {
    let service = Service::start::<&str>(&["--delay", "constant(1ms)"], &[]);
    for _ in 0..50 {
        service.get("/images");
    }
    let Some(page) = Page::open(&service.url(), "") else {
        return;
    };
    let pid = service.process.id();
    if !fs::exists(format!("/proc/{pid}/stat")).unwrap_or_default() {
        return; // not Linux
    }
    let (start, before) = (Instant::now(), seconds(pid));
    for _ in 0..READINGS / 2 {
        page.reads_again();
    }
    let share = (seconds(pid) - before) / start.elapsed().as_secs_f64();
    println!("{:.2} % of a core", 100.0 * share);
    assert!(share < MOST, "{:.2} % of a core", 100.0 * share);
    page.is_clean(&[]);
}

/// CPU time of a process.
fn seconds(pid: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<_> = stat
        .rsplit(')')
        .next()
        .unwrap()
        .split_whitespace()
        .collect();
    let ticks = |at: usize| fields[at].parse::<f64>().unwrap();
    (ticks(11) + ticks(12)) / TICKS_PER_SECOND
}
