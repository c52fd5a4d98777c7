//! Traces by id from Jaeger's HTTP API (`/api/v3/traces`, OTLP JSON), several at a time.

use std::time::Duration;

use futures_util::{StreamExt, stream};
use reqwest::Url;
use serde::Deserialize;
use serde_json::Value;

use super::{url::below, wait};
use crate::{
    client::{Client, ClientError, Failure},
    verify::model::{
        finding::Finding,
        spans::{Span, Traces, read_spans},
    },
};

/// Largest trace that is read, in bytes.
const MAX_BODY: usize = 8 << 20;
/// Most requests in flight.
const MAX_IN_FLIGHT: usize = 16;

/// A Jaeger server, under any base path.
#[derive(Clone, Debug)]
pub struct Jaeger {
    client: Client,
    base: Url,
}

#[derive(Deserialize)]
struct Services {
    #[serde(rename = "data")]
    _all: Value,
}

#[derive(Deserialize)]
struct TraceAnswer {
    result: Value,
}

impl Jaeger {
    /// Checks that it answers.
    pub async fn connect(client: Client, base: Url) -> Result<Self, ClientError> {
        let url = below(&base, "/api/services");
        client.json::<Services>(&url, MAX_BODY).await?;
        Ok(Self { client, base })
    }

    /// Waits until it has all of the needed traces, or the time is over; then asks for the rest of `ids`.
    pub async fn wait_for(&self, ids: &[u128], needed: &[u128], wait: Duration) -> Finding<Traces> {
        let mut found = Traces::default();
        let mut round = 0;
        wait::until("Jaeger to have every trace", wait, async || {
            let missing = missing(needed, &found);
            // Asks for one, another one each time, and for all where that has arrived.
            let probe = missing.get(round % missing.len().max(1)).copied();
            round += 1;
            let mut answer = self.add_traces(Vec::from_iter(probe), &mut found).await;
            if matches!(answer, Ok(1..)) {
                answer = self.add_traces(missing, &mut found).await;
            }
            let is_done = needed.iter().all(|id| found.get(*id).is_some());
            (answer.is_ok() && is_done).then_some(())
        })
        .await;
        let last = self.add_traces(missing(ids, &found), &mut found).await;
        last.map(|_| found).into()
    }

    /// Adds those of these traces that it has; returns how many.
    async fn add_traces(&self, ids: Vec<u128>, found: &mut Traces) -> Result<usize, ClientError> {
        let before = found.len();
        let ask = |id| async move { self.trace(id).await.map(|spans| (id, spans)) };
        let mut answers = stream::iter(ids).map(ask).buffer_unordered(MAX_IN_FLIGHT);
        while let Some(answer) = answers.next().await {
            if let (id, Some(spans)) = answer? {
                found.add(id, spans);
            }
        }
        Ok(found.len() - before)
    }

    /// Whether a trace is there.
    pub async fn has(&self, id: u128) -> bool {
        matches!(self.trace(id).await, Ok(Some(_)))
    }

    async fn trace(&self, id: u128) -> Result<Option<Vec<Span>>, ClientError> {
        let url = below(&self.base, &format!("/api/v3/traces/{id:032x}"));
        match self.client.json::<TraceAnswer>(&url, MAX_BODY).await {
            Ok(answer) => Ok(read_spans(&answer.result)),
            Err(error) if matches!(error.failure, Failure::Status(404, _)) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn missing(ids: &[u128], found: &Traces) -> Vec<u128> {
    let missing = ids.iter().filter(|id| found.get(**id).is_none());
    missing.copied().collect()
}
