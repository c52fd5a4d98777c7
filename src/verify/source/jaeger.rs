//! Traces by id from Jaeger's HTTP API (`/api/v3/traces`, OTLP JSON), several at a time.

use std::{collections::BTreeMap, time::Duration};

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
/// While nothing arrives, every missing trace is asked for only each so many rounds.
const FULL_ROUND: usize = 10;

/// A Jaeger server, under any base path.
#[derive(Clone, Debug)]
pub struct Jaeger {
    client: Client,
    base: Url,
}

#[derive(Deserialize)]
struct TraceAnswer {
    result: Value,
}

impl Jaeger {
    /// Checks that it answers.
    pub async fn connect(client: Client, base: Url) -> Result<Self, ClientError> {
        let url = below(&base, "/api/services");
        client.json::<Value>(&url, MAX_BODY).await?;
        Ok(Self { client, base })
    }

    /// Waits until it has all of these traces, or the time is over.
    pub async fn wait_for(&self, ids: &[u128], wait: Duration) -> Finding<Traces> {
        let mut found = Traces::new();
        let (mut failure, mut round) = (None, 0);
        wait::until("Jaeger to have every trace", wait, async || {
            let missing = ids.iter().copied().filter(|id| !found.contains_key(id));
            let missing: Vec<_> = missing.collect();
            // Asks for one, another one each time, and for all only where that has arrived, or now and then.
            let probe = missing.get(round % missing.len().max(1)).copied();
            let mut answer = self.traces(Vec::from_iter(probe)).await;
            if round % FULL_ROUND == FULL_ROUND - 1
                || answer.as_ref().is_ok_and(|it| !it.is_empty())
            {
                answer = self.traces(missing).await;
            }
            round += 1;
            match answer {
                Ok(more) => {
                    failure = None;
                    found.extend(more);
                }
                Err(error) => failure = Some(error),
            }
            (found.len() == ids.len()).then_some(())
        })
        .await;
        let missing = ids.iter().copied().filter(|id| !found.contains_key(id));
        match self.traces(missing.collect()).await {
            Ok(more) => found.extend(more),
            Err(error) => failure = Some(error),
        }
        failure.map_or(Ok(found), Err).into()
    }

    /// Those of these traces that it has.
    async fn traces(&self, ids: Vec<u128>) -> Result<BTreeMap<u128, Vec<Span>>, ClientError> {
        let ask = |id| async move { self.trace(id).await.map(|spans| (id, spans)) };
        let mut answers = stream::iter(ids).map(ask).buffer_unordered(MAX_IN_FLIGHT);
        let mut found = BTreeMap::new();
        while let Some(answer) = answers.next().await {
            let (id, spans) = answer?;
            if !spans.is_empty() {
                found.insert(id, spans);
            }
        }
        Ok(found)
    }

    async fn trace(&self, id: u128) -> Result<Vec<Span>, ClientError> {
        let url = below(&self.base, &format!("/api/v3/traces/{id:032x}"));
        match self.client.json::<TraceAnswer>(&url, MAX_BODY).await {
            Ok(answer) => Ok(read_spans(&answer.result)),
            Err(error) if matches!(error.failure, Failure::Status(404, _)) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }
}
