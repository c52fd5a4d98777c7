//! The loop: waits for each due instant, sends, and hands what happened to a sink.

use std::{
    future::Future,
    pin::pin,
    time::{Duration, Instant},
};

use reqwest::Response;
use tokio::task::{JoinError, JoinSet, coop::consume_budget};

use super::{Outcome, Plan, Sent, schedule};
use crate::{
    client::{Client, Failure},
    clock::Clock,
    contract::TraceContext,
};

/// The longest body that is read.
const LONGEST_BODY: usize = 64 << 20;

/// How a run went, seen from the sender: `intended = sent + not_sent`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Driven {
    /// Requests that were due.
    pub intended: u64,
    /// Requests that were sent.
    pub sent: u64,
    /// Requests that found no place below `--max-in-flight` in time, and so were not sent.
    pub not_sent: u64,
    /// For how long requests were due, or sent where that took longer.
    pub sending: Duration,
    /// From the start to the last answer.
    pub elapsed: Duration,
}

/// Sends what the plan says until it, or `stop`, ends; then waits for what is in flight. Each request that was sent
/// reaches `sink`, in the order of their ends.
///
/// A request that is due above `max_in_flight` waits for a place, so that its response time shows what it waited; one
/// that is late by the client's whole timeout is not sent any more.
pub async fn drive(
    plan: &Plan,
    client: &Client,
    clock: &Clock,
    sink: impl FnMut(Sent),
    stop: impl Future<Output = ()>,
) -> Driven {
    let mut stop = pin!(stop);
    let mut run = Run::new(plan, client, clock, sink);
    let mut schedule = schedule::due(plan, rand::random());
    while let Some(due) = schedule.next() {
        tokio::select! {
            biased;
            () = &mut stop => {
                run.give_up(std::iter::once(due).chain(schedule));
                break;
            }
            has_place = run.place(due) => run.send(due, has_place),
        }
    }
    run.finish().await
}

struct Run<'a, S> {
    plan: &'a Plan,
    client: &'a Client,
    clock: &'a Clock,
    sink: S,
    start: Instant,
    /// How long requests are due: shorter where the run is stopped.
    scheduled: Option<Duration>,
    in_flight: JoinSet<Sent>,
    driven: Driven,
}

impl<'a, S: FnMut(Sent)> Run<'a, S> {
    fn new(plan: &'a Plan, client: &'a Client, clock: &'a Clock, sink: S) -> Self {
        Self {
            plan,
            client,
            clock,
            sink,
            start: Instant::now(),
            scheduled: plan.duration,
            in_flight: JoinSet::new(),
            driven: Driven::default(),
        }
    }

    /// Waits until `due`, and then for a place in flight. False where there is none in time.
    async fn place(&mut self, due: Duration) -> bool {
        // A run that is behind never waits below; the requests themselves must still have their turn.
        consume_budget().await;
        let mut pause = pin!(until(self.clock, self.start, due));
        loop {
            tokio::select! {
                biased;
                () = &mut pause => break,
                Some(ended) = self.in_flight.join_next() => self.end(ended),
            }
        }
        while let Some(ended) = self.in_flight.try_join_next() {
            self.end(ended);
        }
        let too_late = due.saturating_add(self.client.timeout());
        let mut patience = pin!(until(self.clock, self.start, too_late));
        while self.in_flight.len() >= self.plan.max_in_flight {
            tokio::select! {
                Some(ended) = self.in_flight.join_next() => self.end(ended),
                () = &mut patience => return false,
            }
        }
        self.start.elapsed() <= too_late
    }

    fn send(&mut self, due: Duration, has_place: bool) {
        self.driven.intended += 1;
        if has_place {
            self.driven.sent += 1;
            self.in_flight
                .spawn(send(self.plan, self.client, self.start, due));
            self.driven.sending = self.start.elapsed();
        } else {
            self.driven.not_sent += 1;
        }
    }

    /// Counts those that are due already, and waits no more for a place.
    fn give_up(&mut self, waiting: impl Iterator<Item = Duration>) {
        let now = self.start.elapsed();
        let waiting = waiting.take_while(|due| *due <= now).count() as u64;
        self.driven.intended += waiting;
        self.driven.not_sent += waiting;
        self.scheduled = Some(now);
    }

    /// A request whose task panicked has no record; it is missing among the answers.
    fn end(&mut self, ended: Result<Sent, JoinError>) {
        ended.into_iter().for_each(&mut self.sink);
    }

    async fn finish(mut self) -> Driven {
        while let Some(ended) = self.in_flight.join_next().await {
            self.end(ended);
        }
        let scheduled = self.scheduled.unwrap_or_default();
        self.driven.sending = self.driven.sending.max(scheduled);
        self.driven.elapsed = self.start.elapsed();
        self.driven
    }
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
    let trace_context = TraceContext {
        trace_id: rand::random_range(1..=u128::MAX),
        parent_id: rand::random_range(1..=u64::MAX),
    };
    let sampled = rand::random::<f64>() < plan.sampled_ratio;
    let request = client
        .get(plan.url.clone())
        .header("traceparent", trace_context.traceparent(sampled));
    let client = client.clone();
    async move {
        let sent = start.elapsed();
        let outcome = match client.send(request).await {
            Ok(response) => read(response).await.unwrap_or_else(Outcome::Failed),
            Err(failure) => Outcome::Failed(failure),
        };
        Sent {
            trace_context,
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
    let mut bytes = 0_usize;
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|error| Failure::of(&error))?
    {
        bytes = bytes.saturating_add(chunk.len());
        if bytes > LONGEST_BODY {
            return Err(Failure::TooLarge(LONGEST_BODY));
        }
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
        bytes: bytes as u64,
    })
}
