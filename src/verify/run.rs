//! One run, from the first snapshot to the last trace: the sources in the order of time.

use std::{future::Future, time::Duration};

use super::{
    args::VerifyArgs,
    ask,
    clients::Clients,
    evidence::Evidence,
    model::{
        claim::Claim,
        exemplars::sampled_by_service,
        expected_traces::ExpectedTraces,
        finding::Finding,
        page::Replica,
        promql::Selector,
        requests::{Answer, Requests},
        scrapes::Scrapes,
        spans::Traces,
    },
    source::{
        pages::ReplicaPages,
        probe,
        prometheus::{Answered, PrometheusRun},
        trace_lag::{self, Newest, TraceLag},
        wait::{Spinner, unix_millis},
    },
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

/// Asks every source once, drives the load and gathers the evidence.
pub async fn gather(
    args: &VerifyArgs,
    claim: Claim,
    clients: &Clients,
    stop: impl Future<Output = ()>,
) -> anyhow::Result<Evidence> {
    let names = claim.names.clone();
    let selector = args.selector.clone().unwrap_or_default();
    let trace_source = ask::traces(args, clients).await?;
    let trace_store = trace_source.found().map(|it| it.store.clone());
    let prometheus = ask::prometheus(args, clients).await?;
    let every = Selector::default();
    let behind = (&names, &every);
    let remote = ask::remote(args, clients, prometheus.as_ref(), behind).await?;
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
            Finding::Found(run.map_err(|error| ask::refusal(Destination::Prometheus, &error))?)
        }
    };
    clients.begin(args.run.wait.unwrap_or(USUAL_WAIT));
    let newest = Newest::default();
    let mut watched = Watched {
        prometheus,
        remote,
        traces: trace_source,
        ids,
        newest: &newest,
        trace_lag: TraceLag::default(),
    };
    let began = unix_millis();
    let load = send(args, &clients.load, pages.found_mut(), (&newest, stop));
    let (sent, driven) = watched.during(Box::pin(load)).await?;
    if let Some(pages) = pages.found_mut() {
        watched.during(pages.settle(&sent)).await;
    }
    let answered = answered(&sent, &pages);
    let scrapes = watched.scrapes(&answered, args).await;
    if let (Some(pages), Some(_)) = (pages.found_mut(), scrapes.found()) {
        pages.read_all().await;
        pages.read_formats().await;
    }
    let remote = watched.copy(&scrapes, args.run.wait).await;
    let traces_wait = args.run.wait.unwrap_or(USUAL_WAIT);
    let asked = sampled(&sent, &scrapes);
    let expected = args.limits.expect_traces.unwrap_or_default();
    let needed = needed(expected, &sent, &asked);
    let traces = watched
        .traces
        .then(async |source| source.wait_for(&asked, &needed, traces_wait).await)
        .await;
    let has_trace = |id| {
        traces
            .found()
            .is_some_and(|traces| traces.get(id).is_some())
    };
    let trace_lag = watched.trace_lag.end(has_trace);
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
        began,
        sent,
        scrapes,
        remote,
        traces,
        trace_store,
        trace_lag,
        traces_wait,
    })
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
fn sampled(sent: &Requests, scrapes: &Finding<Scrapes>) -> Vec<u128> {
    let mut sampled = sent.sampled();
    let exemplars = scrapes.found().and_then(|it| it.exemplars.found());
    let more = exemplars.map(|all| sampled_by_service(all, sent, &sampled));
    sampled.extend(more.into_iter().flatten());
    sampled
}

/// The traces that are waited for.
fn needed(expected: ExpectedTraces, sent: &Requests, asked: &[u128]) -> Vec<u128> {
    match expected {
        ExpectedTraces::Share(_) => asked.to_vec(),
        ExpectedTraces::SlowerThan(_) => {
            let slow = |answer: &Answer<'_>| answer.sampled && expected.requires(answer.total);
            let slow = sent.answers().filter(slow);
            slow.map(|answer| answer.sent.trace_id).collect()
        }
    }
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
