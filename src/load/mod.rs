//! An open-loop load generator: each request is sent when it is due, however slow the others are.

mod args;
mod open_loop;
mod outcome;
mod progress;
mod report;
mod runtime;
mod schedule;
mod statistics;
mod status_set;

pub use args::{Arrivals, LoadArgs, Plan, rate, ratio};
pub use open_loop::{Driven, drive};
pub use outcome::{Outcome, Sent};
pub use report::Report;
pub use runtime::{clock, runtime};
pub use statistics::Statistics;
pub use status_set::StatusSet;

use std::{future::Future, io::Write};

use crate::{
    client::{Client, Destination},
    exit::Exit,
    output::print_error,
};

/// Sends the load until its duration is over or `stop` is ready, and writes the report.
///
/// # Errors
/// When the client or the clock cannot be created, or the report cannot be written.
pub async fn run(
    args: &LoadArgs,
    out: &mut impl Write,
    stop: impl Future<Output = ()>,
) -> anyhow::Result<Exit> {
    let plan = args.plan();
    let client = match client(args) {
        Ok(client) => client,
        Err(reason) => {
            print_error(format_args!("error: {reason}"));
            return Ok(Exit::Usage);
        }
    };
    let mut statistics = Statistics::new();
    let progress = progress::Progress::start(&plan);
    let sink = |sent: Sent| {
        progress.tick();
        statistics.record(&sent);
    };
    let driven = drive(&plan, &client, &clock()?, sink, stop).await;
    progress.end();
    let report = Report::new(&plan, driven, &statistics).accepting(&args.accept_status);
    args.output.write(&report, out)?;
    Ok(report.exit())
}

/// The client with the credentials of the target.
fn client(args: &LoadArgs) -> Result<Client, String> {
    let credentials = args.client.credentials()?;
    Destination::Target.check(&args.url, &credentials)?;
    Client::with(&credentials, args.client.timeout).map_err(|error| error.to_string())
}
