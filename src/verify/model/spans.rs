//! Spans out of a trace in OTLP JSON. Absent fields are left out; senders differ in how they write numbers and kinds.
//! <https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding>

use std::collections::BTreeMap;

use opentelemetry_semantic_conventions::resource::SERVICE_INSTANCE_ID;
use serde_json::Value;

use crate::contract::names::attribute;

/// Spans by trace id.
pub type Traces = BTreeMap<u128, Vec<Span>>;

/// The fields of a span that are compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    pub id: u64,
    pub parent_id: u64,
    pub is_server: bool,
    pub took_ns: Option<u64>,
    pub drawn_ns: Option<u64>,
    pub instance_id: Option<String>,
}

/// Every span of a trace.
pub fn read_spans(trace: &Value) -> Vec<Span> {
    let mut spans = Vec::new();
    for resource in list(&trace["resourceSpans"]) {
        let instance_id = attribute(&resource["resource"], SERVICE_INSTANCE_ID);
        let instance_id = instance_id.and_then(Value::as_str);
        for scope in list(&resource["scopeSpans"]) {
            spans.extend(list(&scope["spans"]).map(|span| Span::read(span, instance_id)));
        }
    }
    spans
}

impl Span {
    fn read(span: &Value, instance_id: Option<&str>) -> Self {
        let [start, end] = ["startTimeUnixNano", "endTimeUnixNano"].map(|key| whole(&span[key]));
        let id = |key: &str| {
            let text = span[key].as_str().unwrap_or_default();
            u64::from_str_radix(text, 16).unwrap_or_default()
        };
        Self {
            id: id("spanId"),
            parent_id: id("parentSpanId"),
            is_server: span["kind"] == 2 || span["kind"] == "SPAN_KIND_SERVER",
            took_ns: start
                .zip(end)
                .and_then(|(start, end)| end.checked_sub(start)),
            drawn_ns: attribute(span, attribute::DRAWN_NS).and_then(whole),
            instance_id: instance_id.map(str::to_owned),
        }
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

    fn only(resource: &Value, span: &Value) -> Span {
        let scopes = json!([{"spans": [span]}]);
        let trace = json!({"resourceSpans": [{"resource": resource, "scopeSpans": scopes}]});
        read_spans(&trace).remove(0)
    }

    #[test]
    fn a_span_is_read_to_the_nanosecond() {
        let resource =
            json!({"attributes": [{"key": "service.instance.id", "value": {"stringValue": "i"}}]});
        let drawn = json!({"key": "httpserver.delay.drawn_ns", "value": {"intValue": "7"}});
        let expected = Span {
            id: 16,
            parent_id: 255,
            is_server: true,
            took_ns: Some(1_000_000_003),
            drawn_ns: Some(7),
            instance_id: Some("i".to_owned()),
        };
        for kind in [json!(2), json!("SPAN_KIND_SERVER")] {
            let span = json!({
                "spanId": "0000000000000010", "parentSpanId": "00000000000000ff", "kind": kind, "attributes": [drawn],
                "startTimeUnixNano": "1700000000000000001", "endTimeUnixNano": 1_700_000_001_000_000_004_u64,
            });
            assert_eq!(only(&resource, &span), expected);
        }
    }

    #[test]
    fn absent_fields_are_left_out() {
        let span = only(&Value::Null, &json!({}));
        assert_eq!((span.parent_id, span.took_ns), (0, None));
    }
}
