//! What a request costs here and in other servers: CPU time, memory, and the time to start. Linux only.
//!
//! `cargo bench --bench peers -- [cpu] [memory] [start] [ROUNDS]`; default: everything, 9 rounds.
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

#[path = "../common/collector.rs"]
mod collector;
#[path = "../common/connection.rs"]
mod connection;
#[path = "../common/cpu.rs"]
mod cpu;
mod footprint;
#[path = "../common/go.rs"]
mod go;
mod load;
#[path = "../common/process.rs"]
mod process;
mod recipe;
mod report;
mod rounds;
#[path = "../common/rust.rs"]
mod rust;
mod server;
#[path = "../common/stats.rs"]
mod stats;

use anyhow::ensure;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::env;
use tokio::runtime;

/// File descriptors for 10,000 connections and some more.
const MIN_FILES: u64 = 12_000;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    raise_file_limit()?;
    // One thread, so that the load generator leaves the CPU to the servers.
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(measure(&arguments))
}

async fn measure(arguments: &[String]) -> anyhow::Result<()> {
    let named = |part: &str| arguments.iter().any(|argument| argument == part);
    let all = !["cpu", "memory", "start"].into_iter().any(named);
    if all || named("cpu") {
        let rounds = arguments.iter().find_map(|given| given.parse().ok());
        report::costs(&rounds::run(rounds.unwrap_or(9)).await?)?;
    }
    if all || named("memory") {
        report::held(&footprint::held().await?);
    }
    if all || named("start") {
        report::alone(&footprint::alone().await?);
    }
    Ok(())
}

/// Raises the limit of open files, which the servers inherit.
fn raise_file_limit() -> anyhow::Result<()> {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(
        Resource::Nofile,
        Rlimit {
            current: limit.maximum,
            ..limit
        },
    )?;
    let enough = limit.maximum.is_none_or(|maximum| maximum >= MIN_FILES);
    ensure!(
        enough,
        "{limit:?}: 10,000 connections need {MIN_FILES} open files"
    );
    Ok(())
}
