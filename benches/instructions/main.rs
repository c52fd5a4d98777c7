//! How many instructions a request costs in user space, counted by callgrind: the same on any machine, busy or not.
//!
//! `cargo bench --bench instructions -- [--peers] [BINARY]`: each figure is the difference of two runs that differ in their
//! number of requests, divided by that. Ends in 1 where our own is above its limit twice. `--peers` builds and measures the
//! other servers written in Rust, too. Needs `valgrind`, and `otelcol` for sampled requests.
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

mod callgrind;
#[path = "../common/collector.rs"]
mod collector;
#[path = "../common/connection.rs"]
mod connection;
#[path = "../common/process.rs"]
mod process;
#[path = "../common/rust.rs"]
mod rust;
mod service;

use std::{env, process::ExitCode};

use anyhow::{Context, ensure};
use collector::Collector;
use service::Service;

/// Requests of the short and of the long run: so many that what depends on time and not on requests is small beside them, and
/// few enough that all their spans fit in the exporter's queue.
const REQUESTS: [u32; 2] = [1_920, 25_600];
/// The server span and its child `delay`.
const SPANS_PER_REQUEST: u32 = 2;

/// What is measured of each service.
struct Case {
    name: &'static str,
    /// The share of requests that is sampled, if spans are exported.
    sampled: Option<&'static str>,
    /// The most instructions a request of our own service.
    limit: f64,
}

const CASES: [Case; 3] = [
    Case {
        name: "no traces",
        sampled: None,
        limit: 14_100.0,
    },
    Case {
        name: "1 % sampled",
        sampled: Some("0.01"),
        limit: 15_000.0,
    },
    // Two spans a request, delivered.
    Case {
        name: "all sampled",
        sampled: Some(ALL),
        limit: 60_600.0,
    },
];
const ALL: &str = "1";

fn main() -> anyhow::Result<ExitCode> {
    // cargo adds `--bench`.
    let (flags, binaries): (Vec<_>, Vec<_>) = env::args()
        .skip(1)
        .partition(|given| given.starts_with("--"));
    let binary = binaries.into_iter().next();
    let binary = binary.unwrap_or(env!("CARGO_BIN_EXE_httpserver").to_owned());
    if !callgrind::is_installed()? {
        ensure!(
            !is_required(),
            "LAB_REQUIRED is set, and no `valgrind` is on PATH"
        );
        println!("skipped: no `valgrind` on PATH");
        return Ok(ExitCode::SUCCESS);
    }
    println!(
        "{}",
        line(
            "instructions a request",
            CASES.map(|case| case.name.to_owned())
        )
    );
    let service = Service::ours(binary.into());
    let ours = measure(&service)?;
    println!(
        "{}",
        line("  limit", CASES.map(|case| case.limit.to_string()))
    );
    let mut is_within = true;
    for (case, counted) in CASES.iter().zip(ours) {
        ensure!(
            counted.is_some() || !is_required(),
            "{}: not counted",
            case.name
        );
        let is_above = |counted: Option<f64>| counted.is_some_and(|counted| counted > case.limit);
        if !is_above(counted) {
            continue;
        }
        // Which spans share a batch is chance, and moves a figure by up to 1 %.
        let again = instructions_a_request(&service, case.sampled)?;
        println!("{}, once more: {:.0}", case.name, again.unwrap_or_default());
        if is_above(again) {
            println!("ABOVE the limit: {}", case.name);
            is_within = false;
        }
    }
    if flags.iter().any(|flag| flag == "--peers") {
        rust::build()?;
        for peer in &rust::PEERS {
            measure(&Service::from(peer)).context(peer.name)?;
        }
    }
    Ok(if is_within {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Whether a part that is missing is a failure, as in CI.
fn is_required() -> bool {
    env::var_os("LAB_REQUIRED").is_some()
}

/// Measures and prints each case that the service supports.
fn measure(service: &Service) -> anyhow::Result<[Option<f64>; 3]> {
    let mut counted = [None; 3];
    for (case, counted) in CASES.iter().zip(&mut counted) {
        let is_supported = match case.sampled {
            None => service.runs_untraced,
            Some(_) => service.has_traces,
        };
        if is_supported {
            *counted = instructions_a_request(service, case.sampled).context(case.name)?;
        }
    }
    let figures =
        counted.map(|figure| figure.map_or("-".to_owned(), |figure| format!("{figure:.0}")));
    println!("{}", line(service.name, figures));
    Ok(counted)
}

fn line(name: &str, figures: [String; 3]) -> String {
    let figures = figures.map(|figure| format!("{figure:>13}"));
    format!("{name:36}{}", figures.concat())
}

/// `None` without a collector, if spans are to be exported.
fn instructions_a_request(service: &Service, sampled: Option<&str>) -> anyhow::Result<Option<f64>> {
    let mut totals = Vec::new();
    for requests in REQUESTS {
        let Some(share) = sampled else {
            totals.push(callgrind::count(service, Vec::new(), requests)? as f64);
            continue;
        };
        let Some(collector) = Collector::start()? else {
            return Ok(None);
        };
        totals.push(callgrind::count(service, collector.environment(share), requests)? as f64);
        if share == ALL {
            let expected = SPANS_PER_REQUEST * requests;
            let received = collector.received(expected)?;
            ensure!(
                received == expected,
                "{received} spans of {requests} requests were delivered, not {expected}"
            );
        }
    }
    let [short, long] = REQUESTS.map(f64::from);
    Ok(Some((totals[1] - totals[0]) / (long - short)))
}
