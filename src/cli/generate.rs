//! `completions` and `man`: files that packagers and users generate from the command line's own definition.

use std::io::{Write, stdout};

use clap::Command;
use clap_complete::Shell;
use clap_mangen::Man;

use crate::{exit::Exit, output::print_error};

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
    #[arg(value_name = "COMMAND")]
    command: Option<String>,
}

pub fn completions(args: &CompletionsArgs, mut cli: Command) -> anyhow::Result<Exit> {
    let name = cli.get_name().to_owned();
    // Into memory first: clap_complete panics if its writer fails.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut cli, name, &mut script);
    stdout().write_all(&script)?;
    Ok(Exit::Good)
}

pub fn man(args: &ManArgs, mut cli: Command) -> anyhow::Result<Exit> {
    cli.build(); // a subcommand's page needs its full name, such as `httpserver-load`
    let mut described = &cli;
    if let Some(name) = &args.command {
        let Some(found) = cli.find_subcommand(name) else {
            print_error(format_args!(
                "error: no subcommand `{name}`; `httpserver --help` lists them"
            ));
            return Ok(Exit::Usage);
        };
        described = found;
    }
    Man::new(described.clone()).render(&mut stdout().lock())?;
    Ok(Exit::Good)
}
