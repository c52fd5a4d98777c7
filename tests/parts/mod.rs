//! Real parts of a pipeline as child processes: Prometheus, Thanos, `VictoriaMetrics`, the OpenTelemetry Collector, Jaeger,
//! Tempo, and the service; and chromedriver.
//!
//! They are found by name on `PATH`. Each listens on loopback ports of its own, keeps its data in a directory of its
//! own, is ready when `start` returns, and is stopped when its value is dropped. A test begins with
//! `if parts::absent(&["prometheus"]) { return; }`: without the part it is skipped and says so, and fails where
//! `LAB_REQUIRED=1` is set.

mod chromedriver;
mod clock;
mod collector;
mod gate;
mod http;
mod jaeger;
pub(crate) mod printed;
mod process;
mod prometheus;
mod service;
mod tempo;
mod thanos;
mod victoriametrics;

pub(crate) use chromedriver::Chromedriver;
pub(crate) use clock::clock_of;
pub(crate) use collector::Collector;
pub(crate) use gate::Gate;
pub(crate) use http::{Answer, Connection, get};
pub(crate) use jaeger::{Jaeger, Span};
pub(crate) use process::{Folder, Process, free_address};
pub(crate) use prometheus::{Prometheus, escaped, latest};
pub(crate) use service::Service;
pub(crate) use tempo::Tempo;
pub(crate) use thanos::Thanos;
pub(crate) use victoriametrics::VictoriaMetrics;

use std::{
    env,
    io::Write,
    path::PathBuf,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// Deadline of every wait, long enough for a busy machine.
pub(crate) const DEADLINE: Duration = Duration::from_mins(1);

/// Whether one of these programs is missing, which skips the test, or fails it where `LAB_REQUIRED=1` is set.
pub(crate) fn absent(programs: &[&str]) -> bool {
    let Some(missing) = programs.iter().find(|program| find(program).is_none()) else {
        return false;
    };
    skip(&format!("no {missing} on PATH"))
}

/// Whether this program is missing, which the lab does not have: the test is skipped even where `LAB_REQUIRED=1` is set.
pub(crate) fn absent_without_failure(program: &str) -> bool {
    let is_missing = find(program).is_none();
    if is_missing {
        print_skipped(&format!("no {program} on PATH; the lab does not have it"));
    }
    is_missing
}

/// Whether `python3` or this module of it is missing, as [`absent`].
pub(crate) fn absent_module(module: &str) -> bool {
    let mut python = Command::new("python3");
    python.args(["-c", &format!("import {module}")]);
    let found = python.stderr(Stdio::null()).status();
    !found.is_ok_and(|status| status.success()) && skip(&format!("no {module} in python3"))
}

/// Skips the test for this reason, or fails it where `LAB_REQUIRED=1` is set.
pub(crate) fn skip(reason: &str) -> bool {
    let required = env::var("LAB_REQUIRED").is_ok_and(|value| value == "1");
    assert!(!required, "LAB_REQUIRED=1, and {reason}");
    print_skipped(reason);
    true
}

/// Written past the capture of a test's output: a skipped test passes, and must still be visible.
fn print_skipped(reason: &str) {
    let line = format!("skipped: {reason}\n");
    std::io::stderr().write_all(line.as_bytes()).unwrap();
}

fn find(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|candidate| candidate.is_file())
}

/// Polls until there is an answer; panics with `what` at the deadline.
pub(crate) fn until<T>(what: &str, ask: impl FnMut() -> Option<T>) -> T {
    until_or(ask, || what.to_owned())
}

/// Like [`until`], with a message that is built only when it is needed.
pub(crate) fn until_or<T>(mut ask: impl FnMut() -> Option<T>, what: impl Fn() -> String) -> T {
    let end = Instant::now() + DEADLINE;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < end, "not within {DEADLINE:?}: {}", what());
        thread::sleep(Duration::from_millis(20));
    }
}
