//! Parses the command line, runs one command, and turns what happened into an exit code.

use std::process::ExitCode;

use clap::Parser;
use httpserver::{cli::Cli, exit::Exit};

fn main() -> ExitCode {
    match Cli::parse().run() {
        Ok(exit) => exit.into(),
        Err(error) => {
            eprintln!("error: {error:#}");
            Exit::Failed.into()
        }
    }
}
