//! Runs `load` and `verify`: runtime, signals, exit code.

use std::{env, io::stdout};

use anyhow::Context;

use super::file_limit;
use crate::{
    client::{Destination, Tokens},
    exit::Exit,
    load::{self, LoadArgs},
    output::print_error,
    shutdown::{Signals, Stop},
    verify::{self, VerifyArgs},
};

pub fn load(args: &mut LoadArgs) -> anyhow::Result<Exit> {
    args.client.tokens = match tokens(&[Destination::Target]) {
        Ok(tokens) => tokens,
        Err(exit) => return Ok(exit),
    };
    until_signalled(args.rate, async |stop: Stop| {
        load::run(args, &mut stdout().lock(), stop.requested()).await
    })
}

pub fn verify(args: &mut VerifyArgs) -> anyhow::Result<Exit> {
    args.client.tokens = match tokens(&Destination::ALL) {
        Ok(tokens) => tokens,
        Err(exit) => return Ok(exit),
    };
    until_signalled(args.run.rate, async |stop: Stop| {
        verify::run(args, &mut stdout().lock(), stop.requested()).await
    })
}

/// The tokens of these destinations, from the environment.
pub fn tokens(destinations: &[Destination]) -> Result<Tokens, Exit> {
    Tokens::read(destinations, |name| env::var_os(name)).map_err(|reason| {
        print_error(format_args!("error: the variable {reason}"));
        Exit::Usage
    })
}

/// Runs a command that sends `rate` requests a second: the first signal ends it early, with its report, the second one aborts it.
fn until_signalled(
    rate: f64,
    work: impl AsyncFnOnce(Stop) -> anyhow::Result<Exit>,
) -> anyhow::Result<Exit> {
    file_limit::raise();
    let runtime = load::runtime(rate).context("cannot start the runtime")?;
    runtime.block_on(async {
        let signals = Signals::register().context("cannot install signal handlers")?;
        let done = signals.run_until_second(work).await;
        done.unwrap_or(Ok(Exit::Failed))
    })
}
