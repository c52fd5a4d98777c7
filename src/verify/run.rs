//! One run, from the first snapshot to the last trace: the sources in the order of time.

use std::{fmt::Display, future::Future, time::Duration};

use super::{
    args::VerifyArgs,
    evidence::Evidence,
    model::{
        claim::Claim,
        exemplars::sampled_by_service,
        finding::Finding,
        page::Replica,
        promql::Selector,
        refusal::{Refusal, remedy},
        requests::Requests,
        spans::Traces,
    },
    source::{
        jaeger::Jaeger,
        pages::ReplicaPages,
        prometheus::{Answered, Prometheus, PrometheusError, PrometheusRun},
        wait::Spinner,
    },
};
use crate::{
    client::Client,
    contract::Names,
    load::{self, Arrivals, Driven, Plan, drive},
    output::print_error,
};

/// Most requests in flight: more than such a service accepts.
const MAX_IN_FLIGHT: usize = 10_000;
/// How long to wait for the last spans, unless `--wait` is given.
const TRACES_WAIT: Duration = Duration::from_mins(1);

/// Drives the load and gathers the evidence. `client` sends the known requests, `api` asks the sources. `probed` is the
/// replica that counted a request before: it is scraped once more before the run.
pub async fn gather(
    args: &VerifyArgs,
    claim: Claim,
    probed: Option<String>,
    (client, api): (&Client, &Client),
    stop: impl Future<Output = ()>,
) -> anyhow::Result<Evidence> {
    let names = claim.names.clone();
    let selector = args.selector.clone().unwrap_or_default();
    let jaeger = match args.jaeger.clone() {
        None => Finding::Skipped("no --jaeger URL given".to_owned()),
        Some(url) => {
            let connected = Jaeger::connect(api.clone(), url).await;
            begun("--jaeger", connected, |error| remedy(&error.failure))?
        }
    };
    let mut pages = ReplicaPages::begin(api, &names, &args.target, &args.metrics).await?;
    let ids = pages.found().map(ReplicaPages::instance_ids);
    let mut ids = ids.unwrap_or_default();
    ids.extend(probed);
    let prometheus = begin_prometheus(args, api, &names, &selector, &ids).await?;
    for reason in [jaeger.unreachable(), prometheus.unreachable()]
        .into_iter()
        .flatten()
    {
        print_error(format_args!("warning: this will not be checked: {reason}"));
    }
    let (sent, driven) = send(args, client, pages.found_mut(), stop).await?;
    if let Some(pages) = pages.found_mut() {
        pages.settle(&sent).await;
    }
    let rate_window = args.limits.rate_window;
    let known = pages.found().into_iter().flat_map(ReplicaPages::replicas);
    let replied = sent.by_replica();
    let answered = Answered {
        ids: replied.keys().map(ToString::to_string).collect(),
        pages: known
            .flat_map(Replica::processes)
            .filter(|process| replied.contains_key(process.instance_id))
            .collect(),
    };
    let scrapes = prometheus
        .then(async |run| run.end(&answered, rate_window).await.into())
        .await;
    if let (Some(pages), Some(_)) = (pages.found_mut(), scrapes.found()) {
        pages.read_all().await;
        pages.read_formats().await;
    }
    let traces_wait = args.run.wait.unwrap_or(TRACES_WAIT);
    let sampled = sent.sampled();
    let exemplars = scrapes.found().and_then(|it| it.exemplars.found());
    let more = exemplars.map(|all| sampled_by_service(all, &sent, &sampled));
    let mut asked = sampled;
    asked.extend(more.into_iter().flatten());
    let traces = jaeger
        .then(async |jaeger| jaeger.wait_for(&asked, traces_wait).await)
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
        limits: args.limits.clone(),
        timeout: args.client.timeout,
        claim,
        driven,
        sent,
        scrapes,
        traces,
        traces_wait,
    })
}

async fn begin_prometheus<'a>(
    args: &VerifyArgs,
    api: &Client,
    names: &'a Names,
    selector: &'a Selector,
    ids: &[String],
) -> Result<Finding<PrometheusRun<'a>>, Refusal> {
    let Some(url) = args.prometheus.clone() else {
        let reason = "no --prometheus URL given".to_owned();
        return Ok(Finding::Skipped(reason));
    };
    let mut scraper = None;
    if let Some(url) = args.scraper.clone() {
        let behind = Prometheus::new(api.clone(), url);
        let listed = behind.listed().await;
        let found = begun("--scraper", listed, PrometheusError::remedy)?;
        if let Some(reason) = found.unreachable() {
            return Ok(Finding::Unreachable(reason.to_owned()));
        }
        scraper = Some(behind);
    }
    let prometheus = Prometheus::new(api.clone(), url);
    let run = PrometheusRun::begin((prometheus, scraper), names, selector, args.run.wait, ids);
    begun("--prometheus", run.await, PrometheusError::remedy)
}

/// What a source answered at the begin; a refusal where waiting does not help.
fn begun<T, E: Display>(
    flag: &str,
    result: Result<T, E>,
    remedy: impl Fn(&E) -> Option<&'static str>,
) -> Result<Finding<T>, Refusal> {
    if let Err(error) = &result
        && let Some(remedy) = remedy(error)
    {
        return Err(Refusal::source(flag, error, remedy));
    }
    Ok(result.into())
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
