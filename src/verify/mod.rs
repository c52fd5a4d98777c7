//! Says, hop by hop, whether a pipeline reports the truth: drives known traffic, gathers what each hop makes of it, and
//! compares. What is gathered stands in `evidence`, what is judged in `hop`; both are pure; `gather` acts, this file only says in which order.

mod args;
mod check;
mod claim;
mod evidence;
mod exposition;
mod gather;
mod histogram;
mod hop;
mod jaeger;
mod lives;
mod prometheus;
mod rate;
mod reading;
mod replicas;
mod report;
mod sandwich;
mod scraped;
mod series;
mod table;
mod wait;
mod watch;

pub use args::{LimitArgs, RunArgs, VerifyArgs};

use std::{future::Future, io::Write, time::Duration};

use claim::Claim;
use report::Report;

use crate::{client::Client, exit::Exit};

/// APIs are given more time than a target that is tried with a short `--timeout`.
const PATIENCE: Duration = Duration::from_secs(20);

/// Drives the known traffic until its duration or `stop` ends, checks every hop, and writes the report.
///
/// # Errors
/// When the client or the clock cannot be had, or the report cannot be written.
pub async fn run(
    args: &VerifyArgs,
    out: &mut impl Write,
    stop: impl Future<Output = ()>,
) -> anyhow::Result<Exit> {
    if let Some(reason) = refusal(args) {
        eprintln!("error: {reason}");
        return Ok(Exit::Usage);
    }
    let client = Client::new(&args.client)?;
    let mut patient = args.client.clone();
    patient.timeout = patient.timeout.max(PATIENCE);
    let api = Client::new(&patient)?;
    let claim = match Claim::find(args, &api).await {
        Ok(claim) => claim,
        Err(error) => {
            eprintln!("error: {error}");
            return Ok(Exit::Unreachable);
        }
    };
    let evidence = gather::gather(args, claim, &client, &api, stop).await?;
    let report = Report::of(args.target.as_str(), &evidence);
    report.write(args.output, out)?;
    Ok(report.exit())
}

fn refusal(args: &VerifyArgs) -> Option<String> {
    let urls = [
        Some(&args.target),
        args.prometheus.as_ref(),
        args.jaeger.as_ref(),
    ];
    let mut urls = urls.into_iter().flatten().chain(&args.metrics);
    if let Some(url) = urls.find(|url| !["http", "https"].contains(&url.scheme())) {
        return Some(format!("{url}: expected an http or https URL"));
    }
    let mut asked = args.target.query_pairs();
    asked
        .any(|(name, _)| name == "delay" || name == "status")
        .then(|| {
            format!(
                "{}: a target that overrides its own delay has no claim",
                args.target
            )
        })
}
