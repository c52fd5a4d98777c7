//! Checks, hop by hop, whether a monitoring pipeline reports the truth: find the claim, run known traffic, judge, report.
//!
//! `source` asks, `model` is what was returned (pure), `hop` judges the evidence (pure). `hop` and `source` use `model`,
//! and not each other.

mod args;
mod ask;
mod clients;
mod evidence;
mod hop;
mod model;
mod report;
mod run;
mod source;
mod watched;

pub use args::{CredentialArgs, LimitArgs, RunArgs, VerifyArgs};

use std::{future::Future, io::Write};

use crate::{
    client::{Destination, without_password},
    exit::Exit,
    output::print_error,
};
use clients::Clients;
use evidence::Evidence;
use model::refusal::Refusal;
use report::Report;

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
    let clients = Clients::new(args).map_err(Refusal::usage)?;
    let claim = source::truth::find_claim(args, &clients.target).await;
    let claim = claim.map_err(|error| Refusal::of(Destination::Target, &error, &error.remedy()))?;
    Box::pin(run::gather(args, claim, &clients, stop)).await
}
