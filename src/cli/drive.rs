//! `load` and `verify`, from start to end: runtime, signals, run, exit code.

use std::io::stdout;

use anyhow::Context;
use tokio::runtime::Runtime;

use crate::{
    descriptors,
    exit::Exit,
    load::{self, LoadArgs},
    shutdown::{Signals, Stop},
    verify::{self, VerifyArgs},
};

pub(super) fn load(args: &LoadArgs) -> anyhow::Result<Exit> {
    attended(async |stop: Stop| load::run(args, &mut stdout().lock(), stop.asked()).await)
}

pub(super) fn verify(args: &VerifyArgs) -> anyhow::Result<Exit> {
    attended(async |stop: Stop| verify::run(args, &mut stdout().lock(), stop.asked()).await)
}

/// Does work that sends requests: the first signal ends it early, with its report, the second one at once.
fn attended(work: impl AsyncFnOnce(Stop) -> anyhow::Result<Exit>) -> anyhow::Result<Exit> {
    descriptors::raise();
    let runtime = Runtime::new().context("the runtime cannot start")?;
    runtime.block_on(async {
        let signals = Signals::register().context("signals cannot be taken over")?;
        signals.attend(work).await.unwrap_or(Ok(Exit::Failed))
    })
}
