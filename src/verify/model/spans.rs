//! Spans out of a trace in OTLP JSON. Absent fields are left out; senders differ in how they write numbers and kinds.
//! <https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding>

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use opentelemetry_semantic_conventions::resource::SERVICE_INSTANCE_ID;
use serde_json::Value;

use crate::contract::names::attribute;

/// Traces by their ids: of each, the server spans of this service.
#[derive(Clone, Debug, Default)]
pub struct Traces {
    spans: BTreeMap<u128, Box<[Span]>>,
    /// Those that have other spans only: children and those of a proxy may arrive first.
    partial: BTreeSet<u128>,
    /// Each instance id, once: a run may have a million spans.
    instances: BTreeSet<Arc<str>>,
}

/// A trace that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedTrace {
    pub id: u128,
    /// The replica that answered; its server span makes the trace whole. Any does where the replica is not known.
    pub replica: Option<Arc<str>>,
}

/// A server span of this service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    pub id: u64,
    pub parent_id: u64,
    pub took_ns: Option<u64>,
    pub drawn_ns: u64,
    pub instance_id: Option<Arc<str>>,
}

impl WantedTrace {
    /// Whether the server span is there.
    pub fn is_whole(&self, spans: &[Span]) -> bool {
        spans.iter().any(|span| match &self.replica {
            Some(replica) => span.is_from(replica),
            None => true,
        })
    }
}

impl Traces {
    /// The server spans of a trace that is whole.
    pub fn get(&self, id: u128) -> Option<&[Span]> {
        self.spans.get(&id).map(AsRef::as_ref)
    }

    /// Whether a trace has spans, but not the server span of the replica that answered.
    pub fn is_partial(&self, id: u128) -> bool {
        self.partial.contains(&id) && !self.spans.contains_key(&id)
    }

    /// How many are whole.
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    pub fn add(&mut self, wanted: &WantedTrace, mut spans: Vec<Span>) {
        if !wanted.is_whole(&spans) {
            self.partial.insert(wanted.id);
            return;
        }
        for instance in spans.iter_mut().filter_map(|it| it.instance_id.as_mut()) {
            match self.instances.get(instance) {
                Some(known) => *instance = Arc::clone(known),
                None => _ = self.instances.insert(Arc::clone(instance)),
            }
        }
        self.spans.insert(wanted.id, spans.into());
    }
}

/// How many times the service executed this request, by its spans.
pub fn executions(spans: &[Span]) -> usize {
    let ids = spans.iter().map(|span| span.id);
    ids.collect::<BTreeSet<_>>().len()
}

/// The server spans of this service in a trace; `None` where the trace has no span at all.
pub fn read_spans(trace: &Value) -> Option<Vec<Span>> {
    let (mut own, mut is_empty) = (Vec::with_capacity(1), true); // a larger one would leave holes
    let resources = ["resourceSpans", "batches"].map(|key| list(&trace[key])); // Tempo before 2.6
    for resource in resources.into_iter().flatten() {
        let instance_id = attribute(&resource["resource"], SERVICE_INSTANCE_ID);
        let instance_id = instance_id.and_then(Value::as_str);
        for scope in list(&resource["scopeSpans"]) {
            for span in list(&scope["spans"]) {
                is_empty = false;
                own.extend(Span::read(span, instance_id));
            }
        }
    }
    (!is_empty).then_some(own)
}

impl Span {
    /// Whether this replica may have sent it: some pipelines remove the instance.
    pub fn is_from(&self, replica: &str) -> bool {
        let instance = self.instance_id.as_deref();
        instance.is_none_or(|id| id == replica)
    }

    /// `None` for other spans.
    fn read(span: &Value, instance_id: Option<&str>) -> Option<Self> {
        if span["kind"] != 2 && span["kind"] != "SPAN_KIND_SERVER" {
            return None;
        }
        let [start, end] = ["startTimeUnixNano", "endTimeUnixNano"].map(|key| whole(&span[key]));
        let id = |key: &str| span_id(span[key].as_str().unwrap_or_default());
        Some(Self {
            id: id("spanId"),
            parent_id: id("parentSpanId"),
            took_ns: start
                .zip(end)
                .and_then(|(start, end)| end.checked_sub(start)),
            drawn_ns: attribute(span, attribute::DRAWN_NS).and_then(whole)?,
            instance_id: instance_id.map(Arc::from),
        })
    }
}

/// In hexadecimal digits, or in Base64 with Tempo; 0 where there is none.
fn span_id(text: &str) -> u64 {
    let hex = || u64::from_str_radix(text, 16).ok();
    match STANDARD.decode(text).ok().and_then(|id| id.try_into().ok()) {
        Some(id) => u64::from_be_bytes(id),
        None => hex().unwrap_or_default(),
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn attribute<'a>(of: &'a Value, key: &str) -> Option<&'a Value> {
    let found = list(&of["attributes"]).find(|attribute| attribute["key"] == key)?;
    found["value"].as_object()?.values().next()
}

/// 64-bit numbers are strings in OTLP JSON, numbers with some senders.
fn whole(value: &Value) -> Option<u64> {
    let text = || value.as_str()?.parse().ok();
    value.as_u64().or_else(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(resource: &Value, span: &Value) -> Option<Vec<Span>> {
        let scopes = json!([{"spans": [span]}]);
        read_spans(&json!({"resourceSpans": [{"resource": resource, "scopeSpans": scopes}]}))
    }

    #[test]
    fn a_span_is_read_to_the_nanosecond() {
        let resource =
            json!({"attributes": [{"key": "service.instance.id", "value": {"stringValue": "i"}}]});
        let drawn = json!({"key": "httpserver.delay.drawn_ns", "value": {"intValue": "7"}});
        let expected = Span {
            id: 16,
            parent_id: 255,
            took_ns: Some(1_000_000_003),
            drawn_ns: 7,
            instance_id: Some("i".into()),
        };
        for kind in [json!(2), json!("SPAN_KIND_SERVER")] {
            let span = json!({
                "spanId": "0000000000000010", "parentSpanId": "00000000000000ff", "kind": kind, "attributes": [drawn],
                "startTimeUnixNano": "1700000000000000001", "endTimeUnixNano": 1_700_000_001_000_000_004_u64,
            });
            assert_eq!(read(&resource, &span), Some(vec![expected.clone()]));
        }
        let least = read(&Value::Null, &json!({"kind": 2, "attributes": [drawn]})).unwrap();
        assert_eq!((least[0].parent_id, least[0].took_ns), (0, None));
    }

    /// What Tempo 2.9.5 answered for `/api/v2/traces/4bf92f3577b34da6a3ce929d0e0e4736`, with fewer attributes.
    const TEMPO: &str = r#"{"trace":{"resourceSpans":[{"resource":{"attributes":[
        {"key":"service.name","value":{"stringValue":"httpserver"}},
        {"key":"service.instance.id","value":{"stringValue":"8d6d517b-78b3-41f7-8e55-2e46708f4b32"}}]},
        "scopeSpans":[{"scope":{"name":"httpserver"},"spans":[
        {"traceId":"S/kvNXezTaajzpKdDg5HNg==","spanId":"ZD2MpO0V0zw=","parentSpanId":"6+ftlnF0i4Y=","flags":257,
        "name":"delay","kind":"SPAN_KIND_INTERNAL","startTimeUnixNano":"1795704935191615888",
        "endTimeUnixNano":"1795704935238076654","attributes":[
        {"key":"httpserver.delay.drawn_ns","value":{"intValue":"10000000"}}],"status":{}},
        {"traceId":"S/kvNXezTaajzpKdDg5HNg==","spanId":"6+ftlnF0i4Y=","parentSpanId":"APBnqgupArc=","flags":769,
        "name":"GET /images","kind":"SPAN_KIND_SERVER","startTimeUnixNano":"1795704935191424834",
        "endTimeUnixNano":"1795704935238329772","attributes":[
        {"key":"http.response.status_code","value":{"intValue":"200"}},
        {"key":"httpserver.delay.drawn_ns","value":{"intValue":"10000000"}}],"status":{}}
        ]}]}]},"metrics":{"inspectedBytes":"809"}}"#;

    #[test]
    fn a_span_of_tempo_has_its_ids_in_base64() {
        let expected = Span {
            id: 0xebe7_ed96_7174_8b86,
            parent_id: 0x00f0_67aa_0ba9_02b7,
            took_ns: Some(46_904_938),
            drawn_ns: 10_000_000,
            instance_id: Some("8d6d517b-78b3-41f7-8e55-2e46708f4b32".into()),
        };
        let older = TEMPO.replace("resourceSpans", "batches");
        for text in [TEMPO, &older] {
            let answer: Value = serde_json::from_str(text).unwrap();
            assert_eq!(read_spans(&answer["trace"]), Some(vec![expected.clone()]));
        }
        let unknown: Value = serde_json::from_str(r#"{"trace":{},"metrics":{}}"#).unwrap();
        assert_eq!(read_spans(&unknown["trace"]), None);
    }

    #[test]
    fn a_trace_of_other_spans_is_there_and_has_none_of_the_service() {
        assert_eq!(read_spans(&json!({})), None);
        assert_eq!(read(&Value::Null, &json!({"kind": 2})), Some(Vec::new()));
        assert_eq!(read(&Value::Null, &json!({})), Some(Vec::new()));
    }

    fn span_of(instance: &str) -> Span {
        Span {
            id: 1,
            parent_id: 0,
            took_ns: None,
            drawn_ns: 0,
            instance_id: Some(instance.into()),
        }
    }

    fn wanted(id: u128, replica: Option<&str>) -> WantedTrace {
        WantedTrace {
            id,
            replica: replica.map(Arc::from),
        }
    }

    #[test]
    fn a_trace_is_whole_with_the_server_span_of_the_replica_that_answered() {
        let mut traces = Traces::default();
        let own = wanted(7, Some("a"));
        for spans in [vec![], vec![span_of("b")]] {
            traces.add(&own, spans);
            assert!(traces.is_partial(7) && traces.get(7).is_none());
        }
        traces.add(&own, vec![span_of("b"), span_of("a")]);
        traces.add(&own, vec![]);
        assert!(!traces.is_partial(7));
        assert_eq!((traces.get(7).unwrap().len(), traces.len()), (2, 1));
        traces.add(&wanted(8, None), vec![span_of("b")]);
        assert!(traces.get(8).is_some());
    }

    #[test]
    fn an_instance_is_kept_once() {
        let mut traces = Traces::default();
        (1..=2).for_each(|id| traces.add(&wanted(id, None), vec![span_of("i")]));
        let instance = |id| traces.get(id).unwrap()[0].instance_id.clone().unwrap();
        assert!(Arc::ptr_eq(&instance(1), &instance(2)));
        assert_eq!(traces.len(), 2);
    }
}
