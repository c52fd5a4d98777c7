//! The command line: what can be typed, and what each command does with it.

pub mod file_limit;
mod run;
mod serve;
mod truth;

use anyhow::Context;
use clap::{Parser, Subcommand};
use tokio::runtime;

use crate::{
    exit::Exit,
    healthcheck::{self, HealthcheckArgs},
    load::LoadArgs,
    serve::ServeArgs,
    verify::VerifyArgs,
};

/// An HTTP service whose latency is known.
///
/// Each request to /images waits a delay drawn from a declared distribution; the delay is measured once and said
/// everywhere (histogram, Server-Timing, span), so that a monitoring pipeline can be held to the truth.
///
/// Without a command it serves.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,

    #[command(flatten)]
    serve: ServeArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Answer requests after the declared delay (the default command)
    Serve(Box<ServeArgs>),
    /// Say what a delay's exact quantiles are, and what Prometheus will report for them
    Truth(truth::TruthArgs),
    /// Send requests at a steady rate, each when it is due, and report service and response times
    Load(Box<LoadArgs>),
    /// Drive known traffic and say, hop by hop, whether the pipeline reports the truth
    Verify(Box<VerifyArgs>),
    /// Ask a running service whether it is ready: for images without a shell
    Healthcheck(HealthcheckArgs),
}

impl Cli {
    /// Runs the command that was typed.
    ///
    /// # Errors
    /// What kept it from being done; the caller says it, and exits with 1.
    pub fn run(self) -> anyhow::Result<Exit> {
        match self.command {
            None => serve::run(&self.serve),
            Some(Command::Serve(args)) => serve::run(&args),
            Some(Command::Truth(args)) => truth::run(&args),
            Some(Command::Load(args)) => run::load(&args),
            Some(Command::Verify(args)) => run::verify(&args),
            Some(Command::Healthcheck(args)) => small_runtime()?.block_on(healthcheck::run(&args)),
        }
    }
}

/// One thread is enough to ask one question.
fn small_runtime() -> anyhow::Result<runtime::Runtime> {
    let built = runtime::Builder::new_current_thread().enable_all().build();
    built.context("cannot start the runtime")
}
