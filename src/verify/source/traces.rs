//! Traces by id from Jaeger (`/api/v3/traces`, OTLP JSON) or Tempo (`/api/v2/traces`), several at a time.

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
        spans::{Span, Traces, WantedTrace, read_spans},
        trace_store::TraceStore,
    },
};

/// Largest answer that is read, in bytes.
const MAX_BODY: usize = 8 << 20;
/// Most requests in flight.
const MAX_IN_FLIGHT: usize = 16;
/// Where each has traces; Tempo since 2.6, and before. <https://grafana.com/docs/tempo/latest/api_docs/>
const JAEGER: &str = "/api/v3/traces";
const TEMPO: &str = "/api/v2/traces";
const OLDER_TEMPO: &str = "/api/traces";

/// A store of traces, under any base path.
#[derive(Clone, Debug)]
pub struct TraceSource {
    client: Client,
    base: Url,
    /// Where it has traces.
    path: &'static str,
    pub store: TraceStore,
}

#[derive(Deserialize)]
struct Services {
    #[serde(rename = "data")]
    _all: Value,
}

#[derive(Deserialize)]
struct TraceAnswer {
    /// As Jaeger names it, or Tempo.
    #[serde(alias = "trace")]
    result: Value,
}

#[derive(Deserialize)]
struct BuildInfo {
    version: String,
}

impl TraceSource {
    /// Checks that it answers, and finds out what it is.
    pub async fn connect(client: Client, base: Url) -> Result<Self, ClientError> {
        let mut source = Self {
            client,
            base,
            path: JAEGER,
            store: TraceStore::JAEGER,
        };
        match source.ask::<Services>("/api/services").await {
            Ok(_) => Ok(source),
            Err(error) if source.is_tempo(&error).await => {
                source.path = source.path_of_tempo().await?;
                let info = source.ask::<BuildInfo>("/api/status/buildinfo").await;
                let version = info.ok().map(|info| info.version);
                source.store = TraceStore::tempo(version.as_deref());
                Ok(source)
            }
            Err(error) => Err(error),
        }
    }

    async fn ask<T: serde::de::DeserializeOwned>(&self, path: &str) -> Result<T, ClientError> {
        self.client.json(&below(&self.base, path), MAX_BODY).await
    }

    /// Whether the server that answers like this to Jaeger's question is a Tempo.
    async fn is_tempo(&self, error: &ClientError) -> bool {
        if !matches!(error.failure, Failure::Status(..) | Failure::NotJson(_)) {
            return false;
        }
        let url = below(&self.base, "/api/echo");
        let echo = self.client.text(&url, MAX_BODY).await;
        echo.is_ok_and(|text| text.trim() == "echo")
    }

    /// The first path that it has. Only there does Tempo ask for a tenant.
    async fn path_of_tempo(&self) -> Result<&'static str, ClientError> {
        for path in [TEMPO, OLDER_TEMPO] {
            let url = below(&self.base, &format!("{path}/-"));
            match self.client.text(&url, MAX_BODY).await {
                Err(error) if is_status(&error, 404) && path == TEMPO => {}
                Err(error) if !is_status(&error, 400) => return Err(error),
                _ => return Ok(path), // the id `-` is not valid
            }
        }
        Ok(TEMPO)
    }

    /// Waits until all of the needed traces are whole, or the time is over; then asks for the rest of `asked`.
    pub async fn wait_for(
        &self,
        asked: &[WantedTrace],
        needed: &[WantedTrace],
        wait: Duration,
    ) -> Finding<Traces> {
        let mut found = Traces::default();
        let mut round = 0;
        let what = format!("{} to have every trace", self.store.name);
        wait::until(&what, wait, async || {
            let missing = missing(needed, &found);
            // Asks for one, another one each time, and for all where that has arrived.
            let probe = missing.get(round % missing.len().max(1)).copied();
            round += 1;
            let mut answer = self.add_traces(Vec::from_iter(probe), &mut found).await;
            if matches!(answer, Ok(1..)) {
                answer = self.add_traces(missing, &mut found).await;
            }
            let is_done = needed.iter().all(|it| found.get(it.id).is_some());
            (answer.is_ok() && is_done).then_some(())
        })
        .await;
        let last = self.add_traces(missing(asked, &found), &mut found).await;
        last.map(|_| found).into()
    }

    /// Adds what it has of these traces; returns how many of them are whole.
    async fn add_traces(
        &self,
        wanted: Vec<&WantedTrace>,
        found: &mut Traces,
    ) -> Result<usize, ClientError> {
        let before = found.len();
        let ask = |it: &'_ WantedTrace| {
            let it = it.clone();
            async move { self.trace(it.id).await.map(|spans| (it, spans)) }
        };
        let mut answers = stream::iter(wanted)
            .map(ask)
            .buffer_unordered(MAX_IN_FLIGHT);
        while let Some(answer) = answers.next().await {
            if let (wanted, Some(spans)) = answer? {
                found.add(&wanted, spans);
            }
        }
        Ok(found.len() - before)
    }

    /// Whether a trace is whole.
    pub async fn has(&self, wanted: &WantedTrace) -> Result<bool, ClientError> {
        let spans = self.trace(wanted.id).await?;
        Ok(spans.is_some_and(|spans| wanted.is_whole(&spans)))
    }

    /// Whether a trace has a server span of the service.
    pub async fn shows(&self, id: u128) -> bool {
        let any = WantedTrace { id, replica: None };
        self.has(&any).await.is_ok_and(|is_there| is_there)
    }

    /// Whether nothing is there any more of a trace that was there.
    pub async fn has_lost(&self, id: u128) -> bool {
        self.trace(id).await.is_ok_and(|spans| spans.is_none())
    }

    async fn trace(&self, id: u128) -> Result<Option<Vec<Span>>, ClientError> {
        let path = format!("{}/{id:032x}", self.path);
        let answer = match self.path {
            OLDER_TEMPO => self.ask::<Value>(&path).await,
            _ => self.ask::<TraceAnswer>(&path).await.map(|it| it.result),
        };
        match answer {
            Ok(trace) => Ok(read_spans(&trace)),
            Err(error) if is_status(&error, 404) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn is_status(error: &ClientError, status: u16) -> bool {
    matches!(error.failure, Failure::Status(is, _) if is == status)
}

fn missing<'w>(wanted: &'w [WantedTrace], found: &Traces) -> Vec<&'w WantedTrace> {
    let missing = wanted.iter().filter(|it| found.get(it.id).is_none());
    missing.collect()
}
