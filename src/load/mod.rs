//! An open-loop load generator: each request is sent when it is due, whatever the others do.

mod args;
mod drive;
mod outcome;
mod progress;
mod report;
mod schedule;
mod statistics;

pub use args::{Arrivals, LoadArgs, Output, Plan, rate, ratio};
pub use drive::{Driven, drive};
pub use outcome::{Outcome, Sent};
pub use report::Report;
pub use statistics::Statistics;

use std::{future::Future, io::Write};

use crate::{client::Client, clock::Clock, exit::Exit};

/// Drives the load until its duration or `stop` ends, and writes the report.
///
/// # Errors
/// When the client or the clock cannot be had, or the report cannot be written.
pub async fn run(
    args: &LoadArgs,
    out: &mut impl Write,
    stop: impl Future<Output = ()>,
) -> anyhow::Result<Exit> {
    let plan = args.plan();
    let client = Client::new(&args.client)?;
    let mut statistics = Statistics::new();
    let progress = progress::Progress::start(&plan);
    let sink = |sent: Sent| {
        progress.tick();
        statistics.record(&sent);
    };
    let driven = drive(&plan, &client, &Clock::start()?, sink, stop).await;
    progress.end();
    let report = Report::new(&plan, driven, &statistics);
    args.output.write(&report, out)?;
    Ok(report.exit())
}
