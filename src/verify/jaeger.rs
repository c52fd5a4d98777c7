//! Traces by id from Jaeger's HTTP API, which tells them as OTLP JSON; several at a time.

use std::collections::BTreeMap;

use futures_util::{StreamExt, stream};
use reqwest::Url;
use serde::Deserialize;

use super::prometheus::below;
use crate::client::{Client, ClientError, Failure};

/// The largest trace that is read.
const LARGEST: usize = 8 << 20;
/// Traces that are asked for at the same time.
const AT_A_TIME: usize = 16;

/// A Jaeger, under whatever path it is served.
#[derive(Clone, Debug)]
pub(super) struct Jaeger {
    client: Client,
    base: Url,
}

/// As much of a span as is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) parent_id: u64,
    pub(super) is_server: bool,
    pub(super) took_ns: Option<u64>,
    pub(super) drawn_ns: Option<u64>,
    pub(super) instance_id: Option<String>,
}

#[derive(Deserialize)]
struct Answer {
    result: Trace,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Trace {
    resource_spans: Vec<ResourceSpans>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ResourceSpans {
    resource: Resource,
    scope_spans: Vec<ScopeSpans>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Resource {
    attributes: Vec<Attribute>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ScopeSpans {
    spans: Vec<RawSpan>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct RawSpan {
    parent_span_id: String,
    kind: serde_json::Value,
    start_time_unix_nano: serde_json::Value,
    end_time_unix_nano: serde_json::Value,
    attributes: Vec<Attribute>,
}

#[derive(Deserialize)]
struct Attribute {
    key: String,
    #[serde(default)]
    value: BTreeMap<String, serde_json::Value>,
}

impl Jaeger {
    pub(super) fn new(client: Client, base: Url) -> Self {
        Self { client, base }
    }

    /// Whether it answers at all.
    pub(super) async fn look(&self) -> Result<(), ClientError> {
        let url = below(&self.base, "/api/services", &[]);
        let services: Result<serde_json::Value, _> = self.client.json(&url, LARGEST).await;
        services.map(|_| ())
    }

    /// The spans of each of these traces that it knows.
    pub(super) async fn traces(
        &self,
        ids: impl IntoIterator<Item = u128>,
    ) -> Result<BTreeMap<u128, Vec<Span>>, ClientError> {
        let ask = |id| async move { self.trace(id).await.map(|spans| (id, spans)) };
        let mut answers = stream::iter(ids).map(ask).buffer_unordered(AT_A_TIME);
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
        let url = below(&self.base, &format!("/api/v3/traces/{id:032x}"), &[]);
        match self.client.json::<Answer>(&url, LARGEST).await {
            Ok(answer) => Ok(answer.result.spans()),
            Err(error) if matches!(error.failure, Failure::Status(404, _)) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }
}

impl Trace {
    fn spans(self) -> Vec<Span> {
        let resources = self.resource_spans.into_iter();
        resources
            .flat_map(|resource| {
                let instance_id = text(&resource.resource.attributes, "service.instance.id");
                let scopes = resource.scope_spans.into_iter();
                let spans = scopes.flat_map(|scope| scope.spans);
                spans.map(move |span| span.read(instance_id.clone()))
            })
            .collect()
    }
}

impl RawSpan {
    fn read(self, instance_id: Option<String>) -> Span {
        let start = whole(&self.start_time_unix_nano);
        let end = whole(&self.end_time_unix_nano);
        Span {
            parent_id: u64::from_str_radix(&self.parent_span_id, 16).unwrap_or_default(),
            is_server: self.kind == 2 || self.kind == "SPAN_KIND_SERVER",
            took_ns: start
                .zip(end)
                .and_then(|(start, end)| end.checked_sub(start)),
            drawn_ns: value(&self.attributes, "httpserver.delay.drawn_ns").and_then(whole),
            instance_id,
        }
    }
}

fn value<'a>(attributes: &'a [Attribute], key: &str) -> Option<&'a serde_json::Value> {
    let found = attributes.iter().find(|attribute| attribute.key == key)?;
    found.value.values().next()
}

fn text(attributes: &[Attribute], key: &str) -> Option<String> {
    value(attributes, key)?.as_str().map(str::to_owned)
}

/// 64-bit numbers are strings in OTLP JSON, numbers with some senders.
fn whole(value: &serde_json::Value) -> Option<u64> {
    value
        .as_u64()
        .or_else(|| value.as_str().and_then(|text| text.parse().ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_read_to_the_nanosecond() {
        let answer: Answer = serde_json::from_str(
            r#"{"result":{"resourceSpans":[{"resource":{"attributes":[
                {"key":"service.instance.id","value":{"stringValue":"i"}}]},
              "scopeSpans":[{"spans":[{"parentSpanId":"00000000000000ff","kind":2,
                "startTimeUnixNano":"1700000000000000001","endTimeUnixNano":"1700000001000000004",
                "attributes":[{"key":"httpserver.delay.drawn_ns","value":{"intValue":"7"}}]}]}]}]}}"#,
        )
        .unwrap();
        let expected = Span {
            parent_id: 255,
            is_server: true,
            took_ns: Some(1_000_000_003),
            drawn_ns: Some(7),
            instance_id: Some("i".to_owned()),
        };
        assert_eq!(answer.result.spans(), [expected]);
    }

    #[test]
    fn what_is_missing_is_left_out() {
        let answer: Answer = serde_json::from_str(
            r#"{"result":{"resourceSpans":[{"scopeSpans":[{"spans":[{}]}]}]}}"#,
        )
        .unwrap();
        let spans = answer.result.spans();
        assert_eq!((spans[0].parent_id, spans[0].took_ns), (0, None));
    }
}
