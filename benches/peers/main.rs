//! What a request costs here and in other servers: CPU time, memory, and the time to start. Linux only.
//!
//! `cargo bench --bench peers -- [cpu] [memory] [start] [grow] [ROUNDS]`; default: the first three, 9 rounds.
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

#[path = "../common/affinity.rs"]
mod affinity;
#[path = "../common/collector.rs"]
mod collector;
#[path = "../common/connection.rs"]
mod connection;
#[path = "../common/cpu.rs"]
mod cpu;
mod footprint;
#[path = "../common/go.rs"]
mod go;
mod grow;
mod load;
#[path = "../common/memory.rs"]
mod memory;
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
    let all = !["cpu", "memory", "start", "grow"].into_iter().any(named);
    let rounds = arguments.iter().find_map(|given| given.parse().ok());
    let rounds = rounds.unwrap_or(9);
    if all || named("cpu") {
        report::costs(&rounds::run(rounds).await?)?;
    }
    if all || named("memory") {
        report::held(&footprint::held().await?);
    }
    if all || named("start") {
        report::alone(&footprint::alone().await?);
    }
    if named("grow") {
        let (servers, tables) = grow::run(rounds).await?;
        report::growth(&servers, &tables);
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
