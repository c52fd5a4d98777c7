//! Runs `serve`: runtime, telemetry, signals, clock, server; then drain, flush, exit code.

use anyhow::Context;
use tokio::runtime::Runtime;

use super::file_limit;
use crate::{
    clock::Clock,
    exit::Exit,
    output::print_error,
    serve::{App, Declared, SERVICE, ServeArgs, Server},
    shutdown::{Signals, Stop},
    telemetry::{LogFormat, Service, Telemetry, TelemetryError},
};

/// How serving ended.
enum Ending {
    Drained,
    CutOff,
    Aborted,
}

/// Telemetry, or why there is none.
pub enum Started {
    Telemetry(Telemetry),
    Refused(Exit),
}

/// Starts telemetry, and logs the warnings once there is a log.
pub fn start(
    runtime: &Runtime,
    service: Service,
    format: Option<LogFormat>,
    warnings: &[String],
) -> anyhow::Result<Started> {
    let started = {
        let _inside = runtime.enter();
        Telemetry::start(service, format)
    };
    let telemetry = match started {
        Err(error @ (TelemetryError::Variable { .. } | TelemetryError::Exporter(_))) => {
            print_error(format_args!("error: {error}"));
            return Ok(Started::Refused(Exit::Usage));
        }
        started => started?,
    };
    for warning in warnings {
        tracing::warn!("{warning}");
    }
    Ok(Started::Telemetry(telemetry))
}

/// Serves until it is told to stop.
pub fn run(args: &ServeArgs, warnings: &[String]) -> anyhow::Result<Exit> {
    let runtime = Runtime::new().context("cannot start the runtime")?;
    let telemetry = match start(&runtime, SERVICE, args.logs.log_format, warnings)? {
        Started::Telemetry(telemetry) => telemetry,
        Started::Refused(exit) => return Ok(exit),
    };
    file_limit::raise();
    match runtime.block_on(serve(args, &telemetry))? {
        Ending::Aborted => {
            runtime.shutdown_background();
            Ok(Exit::Failed)
        }
        ending => {
            // Outside the worker threads, which the exporter still needs for the last spans.
            telemetry.shutdown();
            Ok(if matches!(ending, Ending::Drained) {
                Exit::Good
            } else {
                Exit::Failed
            })
        }
    }
}

async fn serve(args: &ServeArgs, telemetry: &Telemetry) -> anyhow::Result<Ending> {
    let signals = Signals::register().context("cannot install signal handlers")?;
    let clock = Clock::start().context("cannot start the clock")?;
    let app = App::new(args, telemetry, clock);
    let declared = app.declared().clone();
    let server = Server::bind(args, telemetry, app)?;
    announce(&server, &declared, &telemetry.instance_id)?;
    let serving = async |stop: Stop| server.run(stop.requested()).await;
    Ok(match signals.run_until_second(serving).await {
        Some(true) => {
            tracing::info!("drained: every request in flight was answered");
            Ending::Drained
        }
        Some(false) => {
            tracing::error!("requests in flight were cut off: they took longer than --grace");
            Ending::CutOff
        }
        None => Ending::Aborted,
    })
}

fn announce(server: &Server, declared: &Declared, instance_id: &str) -> anyhow::Result<()> {
    let [p50, p99] = [0.5, 0.99].map(|q| declared.delay.quantile(q).as_secs_f64());
    let address = server.address()?;
    tracing::info!(
        delay = %declared.truth.delay,
        delay.p50_seconds = p50,
        delay.p99_seconds = p99,
        seed = declared.seed,
        service.instance.id = instance_id,
        "listening on http://{address}/images, the live page is http://{address}/",
    );
    if let Some(address) = server.metrics_address() {
        tracing::info!("metrics on http://{address}/metrics");
    }
    Ok(())
}
