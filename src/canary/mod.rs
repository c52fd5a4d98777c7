//! The canary: rounds of a small known load around the clock, each judged by the hops of `verify`, and reported as metrics,
//! as a status page and as log lines.

mod args;
mod heartbeat;
mod metrics;
mod page;
mod routes;
mod schedule;
mod state;
mod tally;
mod watch;

pub use args::{CanaryArgs, RoundArgs};

use std::future::Future;

use http::{HeaderValue, header::USER_AGENT};
use tokio::sync::oneshot;

use crate::{
    client::without_password,
    exit::Exit,
    output::{print_error, quietly},
    server::HttpServer,
    telemetry::{Service, Telemetry},
    verify,
};
use heartbeat::Heartbeat;
use metrics::{Facts, Metrics};
use state::State;

/// Who the canary is in its telemetry.
pub const SERVICE: Service = Service {
    name: "httpserver-canary",
    version: env!("CARGO_PKG_VERSION"),
};
/// Who its requests are of, so that objectives can leave them out.
const AGENT: &str = concat!("httpserver-canary/", env!("CARGO_PKG_VERSION"));

/// Watches until `stop` ends.
///
/// # Errors
/// When the address cannot be listened on, or a clock or a client cannot be created.
pub async fn run(
    mut args: CanaryArgs,
    telemetry: &Telemetry,
    stop: impl Future<Output = ()>,
) -> anyhow::Result<Exit> {
    let header = &mut args.verify.client.header;
    if !header.iter().any(|(name, _)| name == USER_AGENT) {
        header.push((USER_AGENT, HeaderValue::from_static(AGENT)));
    }
    if let Some(reason) = verify::refusal(&args.verify) {
        print_error(format_args!("error: {reason}"));
        return Ok(Exit::Usage);
    }
    let heartbeat = args.rounds.heartbeat.clone().map(Heartbeat::new);
    let heartbeat = heartbeat.transpose()?;
    let server = HttpServer::bind(args.rounds.listen)?;
    let target = without_password(&args.verify.target);
    let recorder = telemetry.metrics.recorder();
    let facts = Facts {
        hops: &verify::hop_ids(&args.verify),
        stages: &verify::stage_names(&args.verify),
        target: &target,
        every: args.rounds.every,
        deadline: args.rounds.deadline,
    };
    let metrics = Metrics::new(&recorder, &facts);
    let state = State::new(telemetry.metrics.clone(), metrics, target);
    tracing::info!(
        service.instance.id = telemetry.instance_id,
        url.full = state.target,
        every_seconds = args.rounds.every.as_secs_f64(),
        deadline_seconds = args.rounds.deadline.as_secs_f64(),
        "watching; the status is at http://{}/status",
        server.address()?
    );
    if let Some(blind_spot) = verify::blind_spot(&args.verify) {
        tracing::warn!("{blind_spot}");
    }
    let router = routes::router(state.clone());
    let (_until, ended) = oneshot::channel::<()>();
    tokio::spawn(server.run(move |_| router.clone(), async { drop(ended.await) }));
    let watching = async {
        let needed = quietly(verify::needed(&args.verify)).await;
        if let Some(refused) = args.rounds.is_too_short_for(&needed) {
            print_error(format_args!("error: {refused}"));
            return Ok(Exit::Usage);
        }
        let watching = watch::watch(&args, &state, heartbeat.as_ref(), needed);
        Box::pin(watching).await
    };
    tokio::select! {
        ended = watching => ended,
        () = stop => {
            let dropped = state.tally().in_progress();
            if !dropped.is_empty() {
                tracing::info!(rounds = ?dropped, "dropped: not complete, and not judged");
            }
            Ok(Exit::Good)
        }
    }
}
