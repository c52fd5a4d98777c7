//! Says, hop by hop, whether a pipeline reports the truth: drives known traffic, gathers what each hop makes of it, and
//! compares. What is gathered stands in `evidence`, what is judged in `hop`; both are pure, only this file acts.

mod args;
mod check;
mod claim;
mod evidence;
mod exposition;
mod histogram;
mod hop;
mod jaeger;
mod lives;
mod prometheus;
mod rate;
mod reading;
mod replicas;
mod report;
mod sandwich;
mod scraped;
mod series;
mod table;
mod wait;
mod watch;

pub use args::{LimitArgs, RunArgs, VerifyArgs};

use std::{collections::BTreeMap, future::Future, io::Write, time::Duration};

use claim::Claim;
use evidence::{Asked, Evidence, Traces};
use jaeger::Jaeger;
use prometheus::Prometheus;
use report::Report;

use crate::{
    client::Client,
    clock::Clock,
    exit::Exit,
    load::{Arrivals, Driven, Outcome, Plan, Sent, drive},
};

/// Most requests in flight: more than a service of this kind takes.
const IN_FLIGHT: usize = 10_000;
/// APIs are given more time than a target that is tried with a short `--timeout`.
const PATIENCE: Duration = Duration::from_secs(20);

/// Drives the known traffic until its duration or `stop` ends, checks every hop, and writes the report.
///
/// # Errors
/// When the client or the clock cannot be had, or the report cannot be written.
pub async fn run(
    args: &VerifyArgs,
    out: &mut impl Write,
    stop: impl Future<Output = ()>,
) -> anyhow::Result<Exit> {
    if let Some(reason) = refusal(args) {
        eprintln!("error: {reason}");
        return Ok(Exit::Usage);
    }
    let client = Client::new(&args.client)?;
    let mut patient = args.client.clone();
    patient.timeout = patient.timeout.max(PATIENCE);
    let api = Client::new(&patient)?;
    let claim = match Claim::find(args, &api).await {
        Ok(claim) => claim,
        Err(error) => {
            eprintln!("error: {error}");
            return Ok(Exit::Unreachable);
        }
    };
    let evidence = gather(args, claim, &client, &api, stop).await?;
    let report = Report::of(args.target.as_str(), &evidence);
    report.write(args.output, out)?;
    Ok(report.exit())
}

fn refusal(args: &VerifyArgs) -> Option<String> {
    let urls = [
        Some(&args.target),
        args.prometheus.as_ref(),
        args.jaeger.as_ref(),
    ];
    let mut urls = urls.into_iter().flatten().chain(&args.metrics);
    if let Some(url) = urls.find(|url| !["http", "https"].contains(&url.scheme())) {
        return Some(format!("{url}: expected an http or https URL"));
    }
    let mut asked = args.target.query_pairs();
    asked
        .any(|(name, _)| name == "delay" || name == "status")
        .then(|| {
            format!(
                "{}: a target that overrides its own delay has no claim",
                args.target
            )
        })
}

async fn gather(
    args: &VerifyArgs,
    claim: Claim,
    client: &Client,
    api: &Client,
    stop: impl Future<Output = ()>,
) -> anyhow::Result<Evidence> {
    let namespace = claim.namespace.clone();
    let (jaeger, unreachable) = jaeger(args, api).await;
    let watched = replicas::Watch::begin(api, &namespace, &args.target, &args.metrics).await;
    let prometheus = args
        .prometheus
        .as_ref()
        .map(|url| Prometheus::new(api.clone(), url.clone()));
    let (mut watched, no_replicas) = match watched {
        Asked::Got(watched) => (Some(watched), None),
        Asked::Skipped(reason) => (None, Some(Asked::Skipped(reason))),
        Asked::Unreachable(reason) => (None, Some(Asked::Unreachable(reason))),
    };
    let before: Vec<_> = watched
        .iter()
        .flat_map(|watched| &watched.known)
        .filter_map(|(_, replica)| replica.readings.first().cloned())
        .collect();
    let scraping = match &prometheus {
        Some(prometheus) => {
            Some(watch::Watch::begin(prometheus, &namespace, args.run.wait, &before).await)
        }
        None => None,
    };
    let (sent, driven) = send(args, client, watched.as_mut(), stop).await?;
    if let Some(watched) = &mut watched {
        let (answered, unanswered) = answers(&sent);
        watched.settle(&answered, unanswered).await;
    }
    let scraped = match scraping {
        None => Asked::Skipped("no --prometheus".to_owned()),
        Some(Err(error)) => Asked::from(Err(error)),
        Some(Ok(scraping)) => scraping.end(args.limits.rate_window).await.into(),
    };
    if let (Some(watched), Some(_)) = (&mut watched, scraped.got()) {
        watched.read().await;
    }
    let traces = match (jaeger, unreachable) {
        (Some(jaeger), _) => traces(&jaeger, &sent, args.run.wait).await,
        (None, Some(asked)) => asked,
        (None, None) => Asked::Skipped("no --jaeger".to_owned()),
    };
    Ok(Evidence {
        claim,
        limits: args.limits.clone(),
        timeout: args.client.timeout,
        driven,
        sent,
        replicas: match (watched, no_replicas) {
            (Some(watched), _) => watched.end(),
            (None, Some(asked)) => asked,
            (None, None) => Asked::Skipped("no replica is known".to_owned()),
        },
        scraped,
        traces,
    })
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

async fn jaeger(args: &VerifyArgs, api: &Client) -> (Option<Jaeger>, Option<Asked<Traces>>) {
    let Some(url) = &args.jaeger else {
        return (None, None);
    };
    let jaeger = Jaeger::new(api.clone(), url.clone());
    match jaeger.look().await {
        Ok(()) => (Some(jaeger), None),
        Err(error) => (None, Some(Asked::Unreachable(error.to_string()))),
    }
}

/// Waits until every sampled request that was answered is found, or time is up.
async fn traces(jaeger: &Jaeger, sent: &[Sent], wait: Duration) -> Asked<Traces> {
    let is_due = |one: &&Sent| one.sampled && matches!(one.outcome, Outcome::Answered { .. });
    let due: Vec<_> = sent
        .iter()
        .filter(is_due)
        .map(|one| one.identity.trace_id)
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
