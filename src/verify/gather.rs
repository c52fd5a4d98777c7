//! One run, from the first reading to the last trace: what each hop has of the known traffic, in the order of time.

use std::{collections::BTreeMap, future::Future, time::Duration};

use super::{
    args::VerifyArgs,
    claim::Claim,
    evidence::{Asked, Evidence, Traces},
    jaeger::Jaeger,
    prometheus::Prometheus,
    reading::Reading,
    replicas, wait, watch,
};
use crate::{
    client::Client,
    clock::Clock,
    load::{Arrivals, Driven, Outcome, Plan, Sent, drive},
};

/// Most requests in flight: more than a service of this kind takes.
const IN_FLIGHT: usize = 10_000;

/// Drives the load, and gathers what there is. `client` sends the known requests, `api` asks everybody else.
pub(super) async fn gather(
    args: &VerifyArgs,
    claim: Claim,
    client: &Client,
    api: &Client,
    stop: impl Future<Output = ()>,
) -> anyhow::Result<Evidence> {
    let namespace = claim.namespace.clone();
    let jaeger = jaeger(args, api).await;
    let mut pages = replicas::Watch::begin(api, &namespace, &args.target, &args.metrics).await;
    let before = pages.got().map(replicas::Watch::first).unwrap_or_default();
    let prometheus = args.prometheus.clone();
    let prometheus = prometheus.map(|url| Prometheus::new(api.clone(), url));
    let asking = ask(prometheus.as_ref(), args, &namespace, &before).await;
    let (sent, driven) = send(args, client, pages.got_mut(), stop).await?;
    if let Some(pages) = pages.got_mut() {
        let (answered, unanswered) = answers(&sent);
        pages.settle(&answered, unanswered).await;
    }
    let rate_window = args.limits.rate_window;
    let scraped = asking
        .then(async |asking| asking.end(rate_window).await.into())
        .await;
    if let (Some(pages), Some(_)) = (pages.got_mut(), scraped.got()) {
        pages.read().await;
    }
    let traces = jaeger
        .then(async |jaeger| traces(&jaeger, &sent, args.run.wait).await)
        .await;
    Ok(Evidence {
        replicas: pages.then(async |pages| pages.end()).await,
        limits: args.limits.clone(),
        timeout: args.client.timeout,
        claim,
        driven,
        sent,
        scraped,
        traces,
    })
}

async fn ask<'a>(
    prometheus: Option<&'a Prometheus>,
    args: &VerifyArgs,
    namespace: &'a str,
    before: &[Reading],
) -> Asked<watch::Watch<'a>> {
    match prometheus {
        None => Asked::Skipped("no --prometheus".to_owned()),
        Some(prometheus) => watch::Watch::begin(prometheus, namespace, args.run.wait, before)
            .await
            .into(),
    }
}

async fn send(
    args: &VerifyArgs,
    client: &Client,
    watched: Option<&mut replicas::Watch<'_>>,
    stop: impl Future<Output = ()>,
) -> anyhow::Result<(Vec<Sent>, Driven)> {
    let plan = Plan {
        url: args.target.clone(),
        rate: args.run.rate,
        duration: Some(args.run.duration),
        arrivals: Arrivals::Constant,
        max_in_flight: IN_FLIGHT,
        sampled_ratio: args.run.sampled_ratio,
    };
    let clock = Clock::start()?;
    let mut sent = Vec::new();
    let shown = wait::Waiting::on("the load to end");
    let reading = async {
        match watched {
            Some(watched) => watched.go_on().await,
            None => std::future::pending().await,
        }
    };
    let driven = tokio::select! {
        driven = drive(&plan, client, &clock, |one| sent.push(one), stop) => driven,
        () = reading => Driven::default(),
    };
    drop(shown);
    Ok((sent, driven))
}

/// Answers by replica, and how many requests got none.
fn answers(sent: &[Sent]) -> (BTreeMap<String, usize>, usize) {
    let mut answered = BTreeMap::new();
    let mut unanswered = 0;
    for one in sent {
        match &one.outcome {
            Outcome::Answered { timing, .. } => {
                if let Some(replica) = &timing.replica {
                    *answered.entry(replica.clone()).or_default() += 1;
                }
            }
            Outcome::Failed(_) => unanswered += 1,
        }
    }
    (answered, unanswered)
}

async fn jaeger(args: &VerifyArgs, api: &Client) -> Asked<Jaeger> {
    let Some(url) = &args.jaeger else {
        return Asked::Skipped("no --jaeger".to_owned());
    };
    let jaeger = Jaeger::new(api.clone(), url.clone());
    match jaeger.look().await {
        Ok(()) => Asked::Got(jaeger),
        Err(error) => Asked::Unreachable(error.to_string()),
    }
}

/// Waits until every sampled request that was answered is found, or time is up.
async fn traces(jaeger: &Jaeger, sent: &[Sent], wait: Duration) -> Asked<Traces> {
    let is_due = |one: &&Sent| one.sampled && matches!(one.outcome, Outcome::Answered { .. });
    let due: Vec<_> = sent
        .iter()
        .filter(is_due)
        .map(|one| one.trace_context.trace_id)
        .collect();
    let mut traces = Traces::default();
    let mut trouble = None;
    wait::until("Jaeger to have every trace", wait, async || {
        let missing: Vec<_> = due
            .iter()
            .copied()
            .filter(|id| !traces.found.contains_key(id))
            .collect();
        match jaeger.traces(missing).await {
            Ok(found) => {
                trouble = None;
                traces.found.extend(found);
            }
            Err(error) => trouble = Some(error),
        }
        (traces.found.len() == due.len()).then_some(())
    })
    .await;
    match trouble {
        Some(error) => Asked::Unreachable(error.to_string()),
        None => Asked::Got(traces),
    }
}
