//! The command line: its subcommands, and the function that runs each.

mod canary;
pub mod file_limit;
mod generate;
mod run;
mod serve;
mod truth;
mod variables;

use std::ffi::OsString;

use anyhow::Context;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use tokio::runtime;

use crate::{
    canary::CanaryArgs,
    exit::Exit,
    healthcheck::{self, HealthcheckArgs},
    load::LoadArgs,
    output::print_error,
    serve::ServeArgs,
    verify::VerifyArgs,
};

const EXIT_CODES: &str = "Exit codes: 0 success, 1 a check failed or the service could not run, 2 wrong usage, 3 could \
not be checked because something did not answer.";

/// An HTTP service whose latency is known
///
/// Each request to /images waits a delay drawn from a distribution that you declare. The service measures each request
/// once and reports the same number in the histogram, the Server-Timing header and the span, so that you can check what
/// a monitoring pipeline reports against the known latency.
///
/// Without a subcommand, it serves.
#[derive(Debug, Parser)]
#[command(
    version,
    args_conflicts_with_subcommands = true,
    max_term_width = 100,
    after_long_help = EXIT_CODES
)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,

    #[command(flatten)]
    serve: ServeArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Answer requests after the declared delay (the default)
    Serve(Box<ServeArgs>),
    /// Print a delay's exact quantiles, and the quantiles that Prometheus will report for them
    Truth(truth::TruthArgs),
    /// Send requests at a fixed rate (open loop), and report service and response times
    Load(Box<LoadArgs>),
    /// Send known traffic, and check hop by hop whether the pipeline reports it correctly
    Verify(Box<VerifyArgs>),
    /// Send known traffic around the clock, and report as metrics whether the pipeline reports it correctly
    Canary(Box<CanaryArgs>),
    /// Ask a running service whether it is ready, for images without a shell
    Healthcheck(HealthcheckArgs),
    /// Print a completion script for a shell
    #[command(hide = true)]
    Completions(generate::CompletionsArgs),
    /// Print the man page
    #[command(hide = true)]
    Man(generate::ManArgs),
}

impl Cli {
    /// Reads a command line, the name of the program first, and the variables of its flags.
    ///
    /// # Errors
    /// When a flag or a variable is wrong, or help was asked for; [`clap::Error::exit`] prints it and ends the process.
    pub fn read(args: impl IntoIterator<Item = OsString>) -> Result<Self, clap::Error> {
        let args = args.into_iter().fold(Vec::new(), push_argument);
        Self::from_arg_matches(&variables::parse(Self::command(), &args)?)
    }

    /// Runs the subcommand.
    ///
    /// # Errors
    /// Why the subcommand could not run; the caller prints it and exits with 1.
    pub fn run(self) -> anyhow::Result<Exit> {
        let warnings = variables::warnings(&Self::command());
        let logs = matches!(
            self.command,
            None | Some(Command::Serve(_) | Command::Canary(_))
        );
        for warning in warnings.iter().filter(|_| !logs) {
            print_error(format_args!("warning: {warning}"));
        }
        match self.command {
            None => serve::run(&self.serve, &warnings),
            Some(Command::Serve(args)) => serve::run(&args, &warnings),
            Some(Command::Truth(args)) => truth::run(&args),
            Some(Command::Load(mut args)) => run::load(&mut args),
            Some(Command::Verify(mut args)) => run::verify(&mut args),
            Some(Command::Canary(args)) => canary::run(*args, &warnings),
            Some(Command::Completions(args)) => generate::completions(&args, Self::command()),
            Some(Command::Man(args)) => generate::man(&args, Self::command()),
            Some(Command::Healthcheck(args)) => small_runtime()?.block_on(healthcheck::run(&args)),
        }
    }
}

/// Adds an argument; a negative number to the flag before it, so that the error about it names the flag.
fn push_argument(mut args: Vec<OsString>, next: OsString) -> Vec<OsString> {
    let is_flag = |arg: &&mut OsString| {
        let text = arg.to_string_lossy();
        text.len() > 2 && text.starts_with("--") && !text.contains('=')
    };
    let digits = next.to_str().and_then(|text| text.strip_prefix('-'));
    let is_negative = digits.is_some_and(|text| text.starts_with(|c: char| c.is_ascii_digit()));
    match args.last_mut().filter(is_flag) {
        Some(flag) if is_negative => {
            flag.push("=");
            flag.push(next);
        }
        _ => args.push(next),
    }
    args
}

/// A runtime of one thread: enough for a single request.
fn small_runtime() -> anyhow::Result<runtime::Runtime> {
    let built = runtime::Builder::new_current_thread().enable_all().build();
    built.context("cannot start the runtime")
}
