//! Parses the command line, runs one command, and turns what happened into an exit code.

use std::{env, io, process::ExitCode};

use httpserver::{cli::Cli, exit::Exit, output::print_error};

fn main() -> ExitCode {
    let cli = Cli::read(env::args_os()).unwrap_or_else(|error| error.exit());
    match cli.run() {
        Ok(exit) => exit.into(),
        // The reader closed the pipe, as `head` does.
        Err(error) if is_broken_pipe(&error) => Exit::Good.into(),
        Err(error) => {
            print_error(format_args!("error: {error:#}"));
            Exit::Failed.into()
        }
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let kind = error.downcast_ref::<io::Error>().map(io::Error::kind);
    kind == Some(io::ErrorKind::BrokenPipe)
}
