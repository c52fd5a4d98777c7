//! `completions` and `man`: files that packagers and users generate from the command line's own definition.

use std::io::{Write, stdout};

use clap::CommandFactory;
use clap_complete::Shell;
use clap_mangen::Man;

use super::Cli;
use crate::exit::Exit;

/// Flags of `completions`.
#[derive(Clone, Debug, clap::Args)]
pub struct CompletionsArgs {
    /// The shell that reads the script
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

/// Flags of `man`.
#[derive(Clone, Debug, clap::Args)]
pub struct ManArgs {
    /// The subcommand to describe [default: httpserver itself]
    #[arg(value_name = "COMMAND", value_parser = described)]
    command: Option<clap::Command>,
}

pub fn completions(args: &CompletionsArgs) -> anyhow::Result<Exit> {
    let mut cli = Cli::command();
    let name = cli.get_name().to_owned();
    // Into memory first: clap_complete panics if its writer fails.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut cli, name, &mut script);
    stdout().write_all(&script)?;
    Ok(Exit::Good)
}

pub fn man(args: ManArgs) -> anyhow::Result<Exit> {
    let page = Man::new(args.command.unwrap_or_else(Cli::command));
    page.render(&mut stdout().lock())?;
    Ok(Exit::Good)
}

fn described(name: &str) -> Result<clap::Command, String> {
    let mut cli = Cli::command();
    cli.build(); // a page of its own needs the full name, such as `httpserver-load`
    let found = cli.find_subcommand(name).cloned();
    found.ok_or_else(|| "no such subcommand; `httpserver --help` lists them".to_owned())
}
