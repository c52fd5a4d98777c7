//! One run, from the first snapshot to the last trace: the sources in the order of time.

use std::{
    future::Future,
    pin::{Pin, pin},
    time::{Duration, Instant},
};

use futures_util::future::{Either, select};

use super::{
    args::VerifyArgs,
    ask,
    clients::Clients,
    evidence::Evidence,
    model::{
        claim::Claim,
        exemplars::sampled_by_service,
        finding::Finding,
        page::Replica,
        promql::Selector,
        refusal::Refusal,
        requests::Requests,
        scrapes::Scrapes,
        spans::{Traces, WantedTrace},
    },
    source::{
        clock::unix_millis,
        pages::ReplicaPages,
        probe,
        prometheus::{Answered, PrometheusRun},
        trace_lag::{self, Newest, TraceLag},
        truth::find_claim,
        wait::Spinner,
    },
    traces::{self, TracesWanted},
    watched::{Watched, beside},
};
use crate::{
    client::{Client, Destination},
    load::{self, Arrivals, Driven, Outcome, Plan, Sent, drive},
};

/// Most requests in flight: more than such a service accepts.
const MAX_IN_FLIGHT: usize = 10_000;
/// How long to wait for the last spans, and for an answer, unless `--wait` is given.
const USUAL_WAIT: Duration = Duration::from_mins(1);

/// What differs between a run of its own and one of many, a round.
pub struct Mode<'m> {
    /// Whether it goes on where a source other than the target cannot be asked.
    pub is_tolerant: bool,
    /// Called when the counts are complete: from then on another run does not change them.
    pub counted: Box<dyn FnOnce() + 'm>,
    /// How long after the load the store behind Prometheus and the traces are waited for, if not by `--wait`.
    pub deadline: Option<Duration>,
    /// A trace that the store had before the run.
    pub known_trace: Option<u128>,
}

impl Default for Mode<'_> {
    fn default() -> Self {
        Self {
            is_tolerant: false,
            counted: Box::new(|| ()),
            deadline: None,
            known_trace: None,
        }
    }
}

/// Finds the claim, asks every source once, drives the load and gathers the evidence.
pub async fn gather(
    args: &VerifyArgs,
    stop: impl Future<Output = ()>,
    mode: Mode<'_>,
) -> anyhow::Result<Evidence> {
    if let Some(reason) = args.refusal() {
        return Err(Refusal::usage(reason).into());
    }
    let clients = Clients::new(args).map_err(Refusal::usage)?;
    let claim = find_claim(args, &clients.target).await;
    let claim = claim.map_err(|error| Refusal::of(Destination::Target, &error, &error.remedy()))?;
    Box::pin(gather_of(claim, args, &clients, stop, mode)).await
}

async fn gather_of(
    claim: Claim,
    args: &VerifyArgs,
    clients: &Clients,
    stop: impl Future<Output = ()>,
    mode: Mode<'_>,
) -> anyhow::Result<Evidence> {
    let mut stop = pin!(stop);
    let names = claim.names.clone();
    let selector = args.selector.clone().unwrap_or_default();
    let is_tolerant = mode.is_tolerant;
    let traces = ask::tolerated(ask::traces(args, clients).await, is_tolerant)?;
    let trace_store = traces.found().map(|it| it.store.clone());
    let prometheus = ask::tolerated(ask::prometheus(args, clients).await, is_tolerant)?;
    let every = Selector::default();
    let behind = (&names, &every);
    let remote = ask::remote(args, clients, &prometheus, behind, is_tolerant).await?;
    let pages = ReplicaPages::begin(clients, &names, &args.target, &args.metrics).await;
    let mut pages = ask::tolerated(pages, is_tolerant)?;
    let probed = first_request(args, clients, &mut pages).await?;
    let ids = pages.found().map(ReplicaPages::instance_ids);
    let mut ids = ids.unwrap_or_default();
    ids.extend(probed);
    let prometheus = match prometheus {
        Finding::Found(both) => {
            let wait = args.run.wait;
            let run = PrometheusRun::begin(both, &names, &selector, wait, &ids, &args.query);
            let run = unless(stop.as_mut(), run).await?.map(Finding::Found);
            let run = run.map_err(|error| ask::refusal(Destination::Prometheus, &error));
            ask::tolerated(run, is_tolerant)?
        }
        Finding::Skipped(reason) => Finding::Skipped(reason),
        Finding::Unreachable(reason) => Finding::Unreachable(reason),
    };
    find_meanwhile_begun(&mut pages).await;
    clients.begin(args.run.wait.unwrap_or(USUAL_WAIT));
    let newest = Newest::default();
    let mut watched = Watched {
        prometheus,
        remote,
        traces,
        ids,
        newest: &newest,
        trace_lag: TraceLag::default(),
    };
    let began = unix_millis();
    let load = send(args, &clients.load, pages.found_mut(), (&newest, stop));
    let (sent, driven) = watched.during(Box::pin(load)).await?;
    let sent_all = Instant::now();
    if let Some(pages) = pages.found_mut() {
        watched.during(pages.settle(&sent)).await;
    }
    let answered = answered(&sent, &pages);
    let scrapes = watched.scrapes(&answered, args).await;
    if let (Some(pages), Some(_)) = (pages.found_mut(), scrapes.found()) {
        pages.read_all().await;
        pages.read_formats().await;
    }
    let claim_after = if is_tolerant {
        find_claim(args, &clients.target).await.ok()
    } else {
        None
    };
    (mode.counted)();
    let left = |deadline: Duration| deadline.saturating_sub(sent_all.elapsed());
    let limit = || mode.deadline.map(left).or(args.run.wait);
    let remote = watched.copy(&scrapes, limit()).await;
    let wanted = TracesWanted {
        asked: sampled(&sent, &scrapes),
        expected: args.limits.expect_traces.unwrap_or_default(),
        wait: limit().unwrap_or(USUAL_WAIT),
        known: mode.known_trace,
    };
    let source = (watched.traces, args, clients);
    let lag = (watched.trace_lag, &newest);
    let gathered = traces::gather(source, lag, &sent, &wanted).await;
    let is_incomplete = |traces: &Traces| traces.len() < wanted.asked.len();
    if let Some(pages) = pages.found_mut()
        && gathered.traces.found().is_some_and(is_incomplete)
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
        claim_after,
        driven,
        began,
        sent,
        scrapes,
        remote,
        traces: gathered.traces,
        trace_store,
        trace_lags: gathered.lags,
        is_trace_store_emptied: gathered.is_store_emptied,
        traces_wait: wanted.wait,
    })
}

/// The first request to the target's own URL; the replicas are read again after it.
async fn first_request(
    args: &VerifyArgs,
    clients: &Clients,
    pages: &mut Finding<ReplicaPages<'_>>,
) -> Result<Option<String>, Refusal> {
    let probed = probe::replica(&clients.target, &args.target).await?;
    if let Some(pages) = pages.found_mut() {
        pages.begin_again().await;
    }
    Ok(probed)
}

/// Adds the replicas that began while Prometheus was waited for.
async fn find_meanwhile_begun(pages: &mut Finding<ReplicaPages<'_>>) {
    if let Some(pages) = pages.found_mut() {
        pages.find_new(false).await;
    }
}

/// What this results in, unless the user does not want to wait for it.
async fn unless<T>(
    stop: Pin<&mut impl Future<Output = ()>>,
    work: impl Future<Output = T>,
) -> Result<T, Refusal> {
    match select(pin!(work), stop).await {
        Either::Left((result, _)) => Ok(result),
        Either::Right(_) => Err(Refusal::interrupted()),
    }
}

/// The replicas that answered.
fn answered<'a>(sent: &Requests, pages: &'a Finding<ReplicaPages<'_>>) -> Answered<'a> {
    let known = || pages.found().into_iter().flat_map(ReplicaPages::replicas);
    let replied = sent.by_replica();
    Answered {
        ids: replied.keys().map(ToString::to_string).collect(),
        pages: known()
            .flat_map(Replica::processes)
            .filter(|process| replied.contains_key(process.instance_id))
            .collect(),
        clocks: known().map(|it| it.clock().apart()).collect(),
    }
}

/// The requests that were sampled, by `verify` or by the service alone.
fn sampled(sent: &Requests, scrapes: &Finding<Scrapes>) -> Vec<WantedTrace> {
    let mut sampled = sent.sampled();
    let exemplars = scrapes.found().and_then(|it| it.exemplars.found());
    let more = exemplars.map(|all| sampled_by_service(all, sent, &sampled));
    let more = more.into_iter().flatten();
    sampled.extend(more.map(|id| WantedTrace { id, replica: None }));
    sampled
}

async fn send(
    args: &VerifyArgs,
    client: &Client,
    pages: Option<&mut ReplicaPages<'_>>,
    (newest, stop): (&Newest, impl Future<Output = ()>),
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
    let reading = beside(pages.map(ReplicaPages::keep_reading));
    let keep = |one: Sent| {
        if one.sampled && matches!(one.outcome, Outcome::Answered { .. }) {
            newest.set(Some(trace_lag::Answered {
                trace_id: one.trace_context.trace_id,
                done: unix_millis(),
            }));
        }
        sent.push(&one);
    };
    let driven = tokio::select! {
        driven = drive(&plan, client, &clock, keep, stop) => driven,
        () = reading => Driven::default(),
    };
    Ok((sent, driven))
}
