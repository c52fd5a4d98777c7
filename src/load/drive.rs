//! The loop: waits for each due instant, sends, and hands what happened to a sink.

use std::{
    future::Future,
    pin::pin,
    time::{Duration, Instant},
};

use reqwest::Response;
use tokio::task::JoinSet;

use super::{Outcome, Plan, Sent, schedule};
use crate::{
    client::{Client, Failure},
    clock::Clock,
    delay::Identity,
};

/// How a run went, seen from the sender.
#[derive(Clone, Copy, Debug, Default)]
pub struct Driven {
    /// Requests that were due.
    pub intended: u64,
    /// Requests that were sent.
    pub sent: u64,
    /// Requests that were due above `--max-in-flight`, and so not sent.
    pub not_sent: u64,
    /// From the start to the moment when sending ended.
    pub sending: Duration,
    /// From the start to the last answer.
    pub elapsed: Duration,
}

/// Sends what the plan says until it, or `stop`, ends; then waits for what is in flight. Each request that was sent
/// reaches `sink`, in the order of their ends.
pub async fn drive(
    plan: &Plan,
    client: &Client,
    clock: &Clock,
    mut sink: impl FnMut(Sent),
    stop: impl Future<Output = ()>,
) -> Driven {
    let start = Instant::now();
    let mut stop = pin!(stop);
    let mut driven = Driven::default();
    let mut in_flight = JoinSet::new();
    for due in schedule::due(plan, rand::random()) {
        let mut wait = pin!(until(clock, start, due));
        let stopped = loop {
            tokio::select! {
                biased;
                () = &mut stop => break true,
                () = &mut wait => break false,
                Some(ended) = in_flight.join_next(), if !in_flight.is_empty() => ended.into_iter().for_each(&mut sink),
            }
        };
        if stopped {
            break;
        }
        driven.intended += 1;
        if in_flight.len() >= plan.max_in_flight {
            driven.not_sent += 1;
            continue;
        }
        driven.sent += 1;
        in_flight.spawn(send(plan, client, start, due));
    }
    driven.sending = start.elapsed();
    while let Some(ended) = in_flight.join_next().await {
        ended.into_iter().for_each(&mut sink);
    }
    driven.elapsed = start.elapsed();
    driven
}

/// Ready at the due instant, or never where that is too far away to say.
async fn until(clock: &Clock, start: Instant, due: Duration) {
    match start.checked_add(due) {
        Some(at) => clock.sleep_until(at).await,
        None => std::future::pending().await,
    }
}

fn send(
    plan: &Plan,
    client: &Client,
    start: Instant,
    due: Duration,
) -> impl Future<Output = Sent> + Send + use<> {
    let identity = Identity {
        trace_id: rand::random_range(1..=u128::MAX),
        parent_id: rand::random_range(1..=u64::MAX),
    };
    let sampled = rand::random::<f64>() < plan.sampled_ratio;
    let request = client
        .get(plan.url.clone())
        .header("traceparent", identity.traceparent(sampled));
    let client = client.clone();
    async move {
        let sent = start.elapsed();
        let outcome = match client.send(request).await {
            Ok(response) => read(response).await.unwrap_or_else(Outcome::Failed),
            Err(failure) => Outcome::Failed(failure),
        };
        Sent {
            identity,
            sampled,
            due,
            sent,
            done: start.elapsed(),
            outcome,
        }
    }
}

/// Reads an answer to its end; what the body holds does not matter here, only that it is whole.
async fn read(mut response: Response) -> Result<Outcome, Failure> {
    let mut bytes = 0;
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|error| Failure::of(&error))?
    {
        bytes += chunk.len() as u64;
    }
    let text = |name| {
        response
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
    };
    Ok(Outcome::Answered {
        status: response.status().as_u16(),
        timing: text("server-timing")
            .and_then(|header| header.parse().ok())
            .unwrap_or_default(),
        traceresponse: text("traceresponse").and_then(|header| header.parse().ok()),
        bytes,
    })
}
