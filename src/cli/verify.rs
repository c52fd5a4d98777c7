//! `verify`, from start to end: runtime, signals, run, exit code.

use std::io::stdout;

use anyhow::Context;
use tokio::runtime::Runtime;

use crate::{
    descriptors,
    exit::Exit,
    shutdown::{Signals, Stop},
    verify::{self, VerifyArgs},
};

pub(super) fn run(args: &VerifyArgs) -> anyhow::Result<Exit> {
    descriptors::raise();
    Runtime::new()
        .context("the runtime cannot start")?
        .block_on(async {
            let signals = Signals::register().context("signals cannot be taken over")?;
            let run =
                async |stop: Stop| verify::run(args, &mut stdout().lock(), stop.asked()).await;
            signals.attend(run).await.unwrap_or(Ok(Exit::Failed))
        })
}
