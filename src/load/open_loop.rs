//! The open loop: sends each request at its due instant, and passes every result to a sink.

use std::{
    future::Future,
    pin::pin,
    time::{Duration, Instant},
};

use reqwest::Response;
use tokio::task::{JoinError, JoinSet, coop::consume_budget};

use super::{Outcome, Plan, Sent, schedule};
use crate::{
    client::{self, Client, Failure},
    clock::Clock,
    contract::TraceContext,
};

/// Larger response bodies are refused.
const MAX_BODY: usize = 64 << 20;

/// Counts of a run, as the sender sees it: `intended = sent + not_sent`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Driven {
    /// Requests that were due.
    pub intended: u64,
    /// Requests that were sent.
    pub sent: u64,
    /// Requests dropped because `--max-in-flight` was reached for too long.
    pub not_sent: u64,
    /// The period in which requests were due, or sent where that took longer.
    pub sending: Duration,
    /// From the start to the last response.
    pub elapsed: Duration,
}

/// Sends the requests of `plan` until its duration is over or `stop` is ready, then waits for those in flight. Passes
/// each request that was sent to `sink`, in the order in which they end.
///
/// A request due while `max_in_flight` are in flight waits, and its response time includes that wait; once it is late
/// by the client's timeout, it is dropped.
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
                run.stop(std::iter::once(due).chain(schedule));
                break;
            }
            in_time = run.wait_to_send(due) => run.send(due, in_time),
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
    /// The period in which requests are due: shorter where the run is stopped.
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

    /// Waits until `due`, and then until fewer than `max_in_flight` are in flight. False if that takes too long.
    async fn wait_to_send(&mut self, due: Duration) -> bool {
        // When behind schedule nothing below awaits, so yield to let the requests in flight progress.
        consume_budget().await;
        let mut pause = pin!(self.clock.sleep_from(self.start, due));
        loop {
            tokio::select! {
                biased;
                _ = &mut pause => break,
                Some(ended) = self.in_flight.join_next() => self.end(ended),
            }
        }
        while let Some(ended) = self.in_flight.try_join_next() {
            self.end(ended);
        }
        let too_late = due.saturating_add(self.client.timeout());
        let mut deadline = pin!(self.clock.sleep_from(self.start, too_late));
        while self.in_flight.len() >= self.plan.max_in_flight {
            tokio::select! {
                Some(ended) = self.in_flight.join_next() => self.end(ended),
                _ = &mut deadline => return false,
            }
        }
        self.start.elapsed() <= too_late
    }

    fn send(&mut self, due: Duration, in_time: bool) {
        self.driven.intended += 1;
        if in_time {
            self.driven.sent += 1;
            self.in_flight
                .spawn(send(self.plan, self.client, self.start, due));
            self.driven.sending = self.start.elapsed();
        } else {
            self.driven.not_sent += 1;
        }
    }

    /// Counts the requests that are already due as not sent.
    fn stop(&mut self, waiting: impl Iterator<Item = Duration>) {
        let now = self.start.elapsed();
        let waiting = waiting.take_while(|due| *due <= now).count() as u64;
        self.driven.intended += waiting;
        self.driven.not_sent += waiting;
        self.scheduled = Some(now);
    }

    /// A request whose task panicked has no record; it counts as sent and not answered.
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

/// Reads a response to its end; only the length of the body matters here.
async fn read(mut response: Response) -> Result<Outcome, Failure> {
    let mut bytes = 0;
    client::read_body(&mut response, MAX_BODY, |chunk| bytes += chunk.len()).await?;
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
