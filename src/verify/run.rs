//! One run, from the first snapshot to the last trace: the sources in the order of time.

use std::{future::Future, time::Duration};

use super::{
    args::VerifyArgs,
    clients::Clients,
    evidence::Evidence,
    model::{
        claim::Claim,
        exemplars::sampled_by_service,
        expected_traces::ExpectedTraces,
        finding::Finding,
        page::Replica,
        refusal::{Refusal, remedy},
        requests::{Answer, Requests},
        spans::Traces,
    },
    source::{
        pages::ReplicaPages,
        probe,
        prometheus::{Answered, Prometheus, PrometheusError, PrometheusRun, Remote},
        traces::TraceSource,
        wait::Spinner,
    },
};
use crate::{
    client::{Client, Destination},
    load::{self, Arrivals, Driven, Plan, drive},
};

/// Most requests in flight: more than such a service accepts.
const MAX_IN_FLIGHT: usize = 10_000;
/// How long to wait for the last spans, and for an answer, unless `--wait` is given.
const USUAL_WAIT: Duration = Duration::from_mins(1);

/// Asks every source once, drives the load and gathers the evidence.
pub async fn gather(
    args: &VerifyArgs,
    claim: Claim,
    clients: &Clients,
    stop: impl Future<Output = ()>,
) -> anyhow::Result<Evidence> {
    let names = claim.names.clone();
    let selector = args.selector.clone().unwrap_or_default();
    let trace_source = ask_traces(args, clients).await?;
    let trace_store = trace_source.found().map(|it| it.store.clone());
    let prometheus = ask_prometheus(args, clients).await?;
    let remote = ask_remote(args, clients, prometheus.as_ref()).await?;
    let mut pages = ReplicaPages::begin(clients, &names, &args.target, &args.metrics).await?;
    // The first request to the target's own URL.
    let probed = probe::replica(&clients.target, &args.target).await?;
    if let Some(pages) = pages.found_mut() {
        pages.begin_again().await;
    }
    let ids = pages.found().map(ReplicaPages::instance_ids);
    let mut ids = ids.unwrap_or_default();
    ids.extend(probed);
    let prometheus = match prometheus {
        None => Finding::Skipped("no --prometheus URL given".to_owned()),
        Some(both) => {
            let run = PrometheusRun::begin(both, &names, &selector, args.run.wait, &ids);
            let run = run.await;
            Finding::Found(run.map_err(|error| refusal(Destination::Prometheus, &error))?)
        }
    };
    clients.begin(args.run.wait.unwrap_or(USUAL_WAIT));
    let (sent, driven) = send(args, &clients.load, pages.found_mut(), stop).await?;
    if let Some(pages) = pages.found_mut() {
        pages.settle(&sent).await;
    }
    let rate_window = args.limits.rate_window;
    let known = || pages.found().into_iter().flat_map(ReplicaPages::replicas);
    let replied = sent.by_replica();
    let answered = Answered {
        ids: replied.keys().map(ToString::to_string).collect(),
        pages: known()
            .flat_map(Replica::processes)
            .filter(|process| replied.contains_key(process.instance_id))
            .collect(),
        clocks: known().map(|it| it.clock().apart()).collect(),
    };
    let scrapes = prometheus
        .then(async |run| {
            let ended = run.end(&answered, rate_window, &args.query);
            ended.await.into()
        })
        .await;
    if let (Some(pages), Some(_)) = (pages.found_mut(), scrapes.found()) {
        pages.read_all().await;
        pages.read_formats().await;
    }
    let remote = match (remote, &scrapes) {
        (None, _) => None,
        (Some(remote), Finding::Found(scrapes)) => {
            let copy = remote.copy(scrapes, &names, args.run.wait);
            Some(copy.await.into())
        }
        (Some(_), _) => Some(Finding::Skipped("Prometheus could not be asked".to_owned())),
    };
    let traces_wait = args.run.wait.unwrap_or(USUAL_WAIT);
    let sampled = sent.sampled();
    let exemplars = scrapes.found().and_then(|it| it.exemplars.found());
    let more = exemplars.map(|all| sampled_by_service(all, &sent, &sampled));
    let mut asked = sampled;
    asked.extend(more.into_iter().flatten());
    let expected = args.limits.expect_traces.unwrap_or_default();
    let needed = match expected {
        ExpectedTraces::Share(_) => asked.clone(),
        ExpectedTraces::SlowerThan(_) => {
            let slow = |answer: &Answer<'_>| answer.sampled && expected.requires(answer.total);
            let slow = sent.answers().filter(slow);
            slow.map(|answer| answer.sent.trace_id).collect()
        }
    };
    let traces = trace_source
        .then(async |source| source.wait_for(&asked, &needed, traces_wait).await)
        .await;
    let is_incomplete = |traces: &Traces| traces.len() < asked.len();
    if let Some(pages) = pages.found_mut()
        && traces.found().is_some_and(is_incomplete)
    {
        pages.read_exports().await;
    }
    Ok(Evidence {
        replicas: pages
            .then(async |pages| pages.end())
            .await
            .required(!args.metrics.is_empty()),
        has_own_queries: !args.query.is_empty(),
        limits: args.limits.clone(),
        timeout: args.client.timeout,
        claim,
        driven,
        sent,
        scrapes,
        remote,
        traces,
        trace_store,
        traces_wait,
    })
}

/// The store of the traces, which must answer.
async fn ask_traces(args: &VerifyArgs, clients: &Clients) -> Result<Finding<TraceSource>, Refusal> {
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
async fn ask_prometheus(
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
async fn ask_remote(
    args: &VerifyArgs,
    clients: &Clients,
    prometheus: Option<&(Prometheus, Option<Prometheus>)>,
) -> Result<Option<Remote>, Refusal> {
    let (Some(url), Some((writer, _))) = (args.remote.clone(), prometheus) else {
        return Ok(None);
    };
    let store = Prometheus::new(clients.remote.clone(), url);
    let remote = Remote::begin(store, writer.clone()).await;
    let remote = remote.map_err(|error| refusal(Destination::Remote, &error))?;
    Ok(Some(remote))
}

fn refusal(of: Destination, error: &PrometheusError) -> Refusal {
    Refusal::of(of, error, &error.remedy(of))
}

async fn send(
    args: &VerifyArgs,
    client: &Client,
    pages: Option<&mut ReplicaPages<'_>>,
    stop: impl Future<Output = ()>,
) -> anyhow::Result<(Requests, Driven)> {
    let plan = Plan {
        url: args.target.clone(),
        rate: args.run.rate,
        duration: Some(args.run.duration),
        arrivals: Arrivals::Constant,
        max_in_flight: MAX_IN_FLIGHT,
        sampled_ratio: args.run.sampled_ratio,
    };
    let clock = load::clock()?;
    let mut sent = Requests::with_capacity(args.run.requests());
    let _spinner = Spinner::waiting_for("the load to end");
    let reading = async {
        match pages {
            Some(pages) => pages.keep_reading().await,
            None => std::future::pending().await,
        }
    };
    let driven = tokio::select! {
        driven = drive(&plan, client, &clock, |one| sent.push(&one), stop) => driven,
        () = reading => Driven::default(),
    };
    Ok((sent, driven))
}
