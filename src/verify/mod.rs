//! Checks, hop by hop, whether a monitoring pipeline reports the truth: find the claim, run known traffic, judge, report.
//!
//! `source` asks, `model` is what was returned (pure), `hop` judges the evidence (pure). `hop` and `source` use `model`,
//! and not each other.

mod args;
mod evidence;
mod hop;
mod model;
mod report;
mod run;
mod source;

pub use args::{LimitArgs, RunArgs, VerifyArgs};

use std::{future::Future, io::Write, time::Duration};

use crate::{
    client::{Client, without_password},
    exit::Exit,
    output::print_error,
};
use evidence::Evidence;
use model::refusal::Refusal;
use report::Report;

/// APIs get at least this much time, even where the target is tested with a short `--timeout`.
const MIN_API_TIMEOUT: Duration = Duration::from_secs(20);

/// Drives the known traffic until its duration or `stop` ends, checks every hop, and writes the report.
///
/// # Errors
/// When the client or the clock cannot be created, or the report cannot be written.
pub async fn run(
    args: &VerifyArgs,
    out: &mut impl Write,
    stop: impl Future<Output = ()>,
) -> anyhow::Result<Exit> {
    let evidence = match gather(args, stop).await {
        Ok(evidence) => evidence,
        Err(error) => {
            let refusal: Refusal = error.downcast()?;
            print_error(format_args!("error: {refusal}"));
            return Ok(refusal.exit);
        }
    };
    let report = Report::of(&without_password(&args.target), &evidence);
    args.output.write(&report, out)?;
    Ok(report.exit())
}

async fn gather(args: &VerifyArgs, stop: impl Future<Output = ()>) -> anyhow::Result<Evidence> {
    if let Some(reason) = args.refusal() {
        return Err(Refusal::usage(reason).into());
    }
    let client = Client::new(&args.client)?;
    let mut patient = args.client.clone();
    patient.timeout = patient.timeout.max(MIN_API_TIMEOUT);
    let api = Client::new(&patient)?;
    let claim = source::truth::find_claim(args, &api).await;
    let claim = claim.map_err(|error| Refusal {
        reason: error.to_string(),
        exit: Exit::Unreachable,
    })?;
    let probed = source::probe::replica(&api, &args.target).await;
    let probed = probed.map_err(Refusal::usage)?;
    run::gather(args, claim, probed, (&client, &api), stop).await
}
