//! One reader of `traceparent`: the service continues exactly what the contract parses.

use http::{HeaderMap, HeaderValue};
use httpserver::{contract::TraceContext, serve::SERVICE, telemetry::Telemetry};
use proptest::prelude::*;

const EXAMPLE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// The context of a request with these headers; its parent id is 0 where a new trace starts.
fn context_of(traceparents: &[&[u8]], tracestate: Option<&str>) -> (TraceContext, bool) {
    let telemetry = Telemetry::unexported(SERVICE).unwrap();
    let mut headers = HeaderMap::new();
    for value in traceparents {
        headers.append("traceparent", HeaderValue::from_bytes(value).unwrap());
    }
    if let Some(value) = tracestate {
        headers.insert("tracestate", HeaderValue::from_str(value).unwrap());
    }
    let span = telemetry.tracing.server_span(&headers, String::new);
    let context = span.trace_context();
    (context, context.parent_id != 0)
}

#[test]
fn an_invalid_traceparent_starts_a_new_trace() {
    for invalid in [
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-001",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-+1",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-extra",
        "00-1-2-01",
        "0-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "000-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01,x",
        "",
    ] {
        let (_, continues) = context_of(&[invalid.as_bytes()], Some("a=b"));
        assert!(!continues, "{invalid}");
    }
}

#[test]
fn a_traceparent_that_comes_twice_or_is_not_text_starts_a_new_trace() {
    let other = "00-12345678901234567890123456789012-1234567890123456-01";
    for given in [
        &[EXAMPLE.as_bytes(), other.as_bytes()][..],
        &[EXAMPLE.as_bytes(), EXAMPLE.as_bytes()],
        &[EXAMPLE.as_bytes(), b""],
        &[b"\xff"],
        &[],
    ] {
        assert!(!context_of(given, None).1, "{given:?}");
    }
    assert!(context_of(&[EXAMPLE.as_bytes()], None).1);
}

/// Valid headers, and such with one place changed.
fn traceparents() -> impl Strategy<Value = String> {
    let ids = (
        "[0-9a-e][0-9a-f]|ff|00",
        any::<u128>(),
        any::<u64>(),
        any::<u8>(),
    );
    let valid = ids.prop_map(|(version, trace, parent, flags)| {
        format!("{version}-{trace:032x}-{parent:016x}-{flags:02x}")
    });
    let change = (0..60_usize, "[-0-9a-gA-F+ ,]{0,2}", any::<bool>());
    let changed = (valid.clone(), change).prop_map(|(mut text, (at, insert, replace))| {
        let at = at.min(text.len());
        let end = if replace {
            (at + 1).min(text.len())
        } else {
            at
        };
        text.replace_range(at..end, &insert);
        text
    });
    prop_oneof![valid, changed, "[ -~]{0,60}"]
}

proptest! {
    #[test]
    fn the_service_continues_exactly_those_that_the_contract_parses(given in traceparents()) {
        let (context, continues) = context_of(&[given.as_bytes()], None);
        let parsed = given.parse::<TraceContext>().ok();
        prop_assert_eq!(continues.then_some(context), parsed, "{}", given);
    }
}
