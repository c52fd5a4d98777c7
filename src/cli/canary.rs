//! Runs `canary`: runtime, telemetry, signals; then flush, exit code.

use anyhow::Context;
use tokio::runtime::Builder;

use super::{
    file_limit,
    run::tokens,
    serve::{Started, start},
};
use crate::{
    canary::{self, CanaryArgs, SERVICE},
    client::Destination,
    exit::Exit,
    shutdown::{Signals, Stop},
};

/// Logs the warnings once there is a log.
pub fn run(mut args: CanaryArgs, warnings: &[String]) -> anyhow::Result<Exit> {
    args.verify.client.tokens = match tokens(&Destination::ALL) {
        Ok(tokens) => tokens,
        Err(exit) => return Ok(exit),
    };
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    let telemetry = match start(&runtime, SERVICE, args.rounds.log_format, warnings)? {
        Started::Telemetry(telemetry) => telemetry,
        Started::Refused(exit) => return Ok(exit),
    };
    file_limit::raise();
    let ended = runtime.block_on(async {
        let signals = Signals::register().context("cannot install signal handlers")?;
        let watching = async |stop: Stop| canary::run(args, &telemetry, stop.requested()).await;
        let ended = signals.run_until_second(watching).await;
        ended.unwrap_or(Ok(Exit::Failed))
    });
    // Outside the worker thread, which an exporter still needs.
    telemetry.shutdown();
    ended
}
