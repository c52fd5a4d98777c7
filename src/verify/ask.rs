//! Asks each source once, before the load: a wrong address or credential is refused before anything is sent. A round of the
//! canary goes on without it.

use std::time::Duration;

use tokio::time::timeout;

use super::{
    args::VerifyArgs,
    clients::Clients,
    model::{
        finding::Finding,
        promql::Selector,
        refusal::{Refusal, remedy},
    },
    source::{
        prometheus::{Prometheus, PrometheusError, Remote},
        traces::TraceSource,
        wait,
    },
};
use crate::{client::Destination, contract::Names, exit::Exit};

/// Why there is nothing to compare the store behind Prometheus with.
pub const WITHOUT_PROMETHEUS: &str = "Prometheus could not be asked";

/// The store of the traces, which must answer.
pub async fn traces(args: &VerifyArgs, clients: &Clients) -> Result<Finding<TraceSource>, Refusal> {
    let Some(url) = args.traces() else {
        return Ok(Finding::Skipped("no --traces URL given".to_owned()));
    };
    let source = TraceSource::connect(clients.traces.clone(), url.clone()).await;
    let source = source.map_err(|error| {
        let remedy = remedy(Destination::Traces, &error.failure);
        Refusal::of(Destination::Traces, &error, &remedy)
    })?;
    Ok(Finding::Found(source))
}

/// The same, where it answers within this time.
pub async fn traces_within(
    args: &VerifyArgs,
    clients: &Clients,
    longest: Duration,
) -> Option<Finding<TraceSource>> {
    let what = "the store of the traces to answer";
    let asked = wait::until(what, longest, async || traces(args, clients).await.ok());
    timeout(longest, asked).await.ok().flatten()
}

/// The Prometheus that was asked for, and the one behind it, which must answer.
pub async fn prometheus(
    args: &VerifyArgs,
    clients: &Clients,
) -> Result<Finding<(Prometheus, Option<Prometheus>)>, Refusal> {
    let Some(url) = args.prometheus.clone() else {
        return Ok(Finding::Skipped("no --prometheus URL given".to_owned()));
    };
    let mut scraper = None;
    if let Some(url) = args.scraper.clone() {
        let behind = Prometheus::new(clients.scraper.clone(), url);
        let listed = behind.listed().await;
        listed.map_err(|error| refusal(Destination::Scraper, &error))?;
        scraper = Some(behind);
    }
    let prometheus = Prometheus::new(clients.prometheus.clone(), url);
    let now = prometheus.now().await;
    now.map_err(|error| refusal(Destination::Prometheus, &error))?;
    Ok(Finding::Found((prometheus, scraper)))
}

/// The store behind Prometheus, which must answer; `None` where none is asked for.
pub async fn remote<'a>(
    args: &VerifyArgs,
    clients: &Clients,
    prometheus: &Finding<(Prometheus, Option<Prometheus>)>,
    (names, selector): (&'a Names, &'a Selector),
    is_tolerant: bool,
) -> Result<Option<Finding<Remote<'a>>>, Refusal> {
    let Some(url) = args.remote.clone() else {
        return Ok(None);
    };
    let Finding::Found((writer, _)) = prometheus else {
        return Ok(Some(Finding::Skipped(WITHOUT_PROMETHEUS.to_owned())));
    };
    let store = Prometheus::new(clients.remote.clone(), url);
    let remote = Remote::begin(store, writer.clone(), names, selector).await;
    let remote = remote.map(Finding::Found);
    let remote = remote.map_err(|error| refusal(Destination::Remote, &error));
    tolerated(remote, is_tolerant).map(Some)
}

/// Goes on without a source that cannot be asked, where that is tolerated.
pub fn tolerated<T>(
    asked: Result<Finding<T>, Refusal>,
    is_tolerant: bool,
) -> Result<Finding<T>, Refusal> {
    match asked {
        Err(refusal) if is_tolerant && refusal.exit == Exit::Unreachable => {
            Ok(Finding::Unreachable(refusal.reason))
        }
        asked => asked,
    }
}

pub fn refusal(of: Destination, error: &PrometheusError) -> Refusal {
    Refusal::of(of, error, &error.remedy(of))
}
