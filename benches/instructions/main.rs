//! How many instructions a request costs in user space, counted by callgrind: the same on any machine, busy or not.
//!
//! `cargo bench --bench instructions -- [BINARY]`: each row is the difference of two runs that differ in their number of requests,
//! divided by that. Ends in 1 where a row is above its limit. Needs `valgrind`, and `otelcol` for the sampled rows.
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

mod callgrind;
#[path = "../common/collector.rs"]
mod collector;
#[path = "../common/connection.rs"]
mod connection;
#[path = "../common/process.rs"]
mod process;

use std::{env, process::ExitCode};

use anyhow::ensure;
use collector::Collector;

/// Keep-alive connections, each with one request at a time.
const CONNECTIONS: u32 = 64;
/// Requests of the short and of the long run.
const REQUESTS: [u32; 2] = [1_920, 12_800];

/// What is measured.
struct Row {
    name: &'static str,
    /// The share of requests that is sampled, if spans are exported.
    sampled: Option<f64>,
    /// The most instructions a request.
    limit: f64,
}

const ROWS: [Row; 3] = [
    Row {
        name: "metrics only",
        sampled: None,
        limit: 13_500.0,
    },
    Row {
        name: "1 % sampled",
        sampled: Some(0.01),
        limit: 16_000.0,
    },
    Row {
        name: "all sampled, two spans, delivered",
        sampled: Some(1.0),
        limit: 60_000.0,
    },
];

fn main() -> anyhow::Result<ExitCode> {
    // cargo adds `--bench`.
    let given = env::args()
        .skip(1)
        .find(|argument| !argument.starts_with("--"));
    let binary = given.unwrap_or(env!("CARGO_BIN_EXE_httpserver").to_owned());
    if !callgrind::is_installed()? {
        println!("skipped: no `valgrind` on PATH");
        return Ok(ExitCode::SUCCESS);
    }
    let mut is_within = true;
    println!(
        "{:<36}{:>12}{:>12}",
        "instructions a request", "counted", "limit"
    );
    for row in ROWS {
        let Some(counted) = instructions_a_request(&binary, &row)? else {
            continue;
        };
        is_within &= counted <= row.limit;
        let remark = if counted <= row.limit { "" } else { "  ABOVE" };
        println!("{:<36}{counted:>12.0}{:>12}{remark}", row.name, row.limit);
    }
    Ok(if is_within {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// `None` without a collector for a row that needs one.
fn instructions_a_request(binary: &str, row: &Row) -> anyhow::Result<Option<f64>> {
    let mut totals = Vec::new();
    for requests in REQUESTS {
        let mut environment = Vec::new();
        let mut collector = None;
        if let Some(share) = row.sampled {
            let Some(started) = Collector::start()? else {
                return Ok(None);
            };
            environment = sampling(&started, share);
            collector = Some(started);
        }
        totals.push(callgrind::count(binary, &environment, CONNECTIONS, requests)? as f64);
        if let (Some(collector), Some(1.0)) = (collector, row.sampled) {
            let spans = collector.received(2 * requests)?;
            ensure!(
                spans >= 2 * requests,
                "{spans} spans of {requests} requests were delivered"
            );
        }
    }
    let [short, long] = REQUESTS.map(f64::from);
    Ok(Some((totals[1] - totals[0]) / (long - short)))
}

fn sampling(collector: &Collector, share: f64) -> Vec<(&'static str, String)> {
    vec![
        ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint()),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc".to_owned()),
        ("OTEL_TRACES_SAMPLER", "parentbased_traceidratio".to_owned()),
        ("OTEL_TRACES_SAMPLER_ARG", share.to_string()),
        // callgrind runs one thread at a time: the exporter falls behind.
        ("OTEL_BSP_MAX_QUEUE_SIZE", "65536".to_owned()),
    ]
}
