//! Asks each source once, before the load: a wrong address or credential is refused before anything is sent.

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
    },
};
use crate::{client::Destination, contract::Names};

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

/// The Prometheus that was asked for, and the one behind it, which must answer.
pub async fn prometheus(
    args: &VerifyArgs,
    clients: &Clients,
) -> Result<Option<(Prometheus, Option<Prometheus>)>, Refusal> {
    let Some(url) = args.prometheus.clone() else {
        return Ok(None);
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
    Ok(Some((prometheus, scraper)))
}

/// The store behind Prometheus, which must answer.
pub async fn remote<'a>(
    args: &VerifyArgs,
    clients: &Clients,
    prometheus: Option<&(Prometheus, Option<Prometheus>)>,
    (names, selector): (&'a Names, &'a Selector),
) -> Result<Option<Remote<'a>>, Refusal> {
    let (Some(url), Some((writer, _))) = (args.remote.clone(), prometheus) else {
        return Ok(None);
    };
    let store = Prometheus::new(clients.remote.clone(), url);
    let remote = Remote::begin(store, writer.clone(), names, selector).await;
    let remote = remote.map_err(|error| refusal(Destination::Remote, &error))?;
    Ok(Some(remote))
}

pub fn refusal(of: Destination, error: &PrometheusError) -> Refusal {
    Refusal::of(of, error, &error.remedy(of))
}
