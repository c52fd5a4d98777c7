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
mod round;
mod run;
mod source;
mod traces;
mod watched;

pub use args::{CredentialArgs, LimitArgs, RunArgs, VerifyArgs};
pub use model::scrapes::{USUAL_WAIT, needed_wait};
pub use round::{
    JudgedHop, Judgement, Looked, Missing, Needed, QUANTILES, QuantileError, Round, Sent, Stage,
    StageName, blind_spot, hop_ids, needed, refusal, round, stage_names,
};
pub use source::{
    clock::{follow_clock, has_clock_stepped},
    prometheus::rule_wait,
};

use std::{future::Future, io::Write};

use crate::{client::without_password, exit::Exit, output::print_error};
use model::refusal::Refusal;
use report::Report;
use run::Mode;

/// Drives the known traffic until its duration or `stop` ends, checks every hop, and writes the report.
///
/// # Errors
/// When the client or the clock cannot be created, or the report cannot be written.
pub async fn run(
    args: &VerifyArgs,
    out: &mut impl Write,
    stop: impl Future<Output = ()>,
) -> anyhow::Result<Exit> {
    let gathered = run::gather(args, stop, Mode::default());
    let evidence = match Box::pin(gathered).await {
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
