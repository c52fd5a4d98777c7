//! What Jaeger shows of a request: its spans, their ids, attributes and durations.

use std::{io::Write, net::TcpStream};

use serde_json::json;

use crate::{
    load::{timing, trace_id},
    parts::{self, Answer, Collector, Jaeger, Service, Span},
};

const PARTS: &[&str] = &["otelcol", "jaeger"];
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";
// Values of `SpanKind` in OTLP.
const INTERNAL: u64 = 1;
const SERVER: u64 = 2;

fn one<'a>(spans: &'a [Span], name: &str) -> &'a Span {
    let mut named = spans.iter().filter(|span| span.name == name);
    match (named.next(), named.next()) {
        (Some(span), None) => span,
        _ => panic!("not exactly one `{name}`: {spans:#?}"),
    }
}

/// A server span with a child `delay`, both agreeing with the answer to the nanosecond.
fn assert_repeats(spans: &[Span], answer: &Answer) {
    assert_eq!(spans.len(), 2, "{spans:#?}");
    let (server, delay) = (one(spans, "GET /images"), one(spans, "delay"));
    assert_eq!((server.kind, delay.kind), (SERVER, INTERNAL));
    assert_eq!(delay.parent_id, server.id);
    let response: Vec<_> = answer.header("traceresponse").split('-').collect();
    assert_eq!(response[2], server.id);
    let said = timing(answer);
    let (drawn, total) = (said.delay.unwrap(), said.total.unwrap());
    for span in [server, delay] {
        assert_eq!(
            span.attribute("httpserver.delay.drawn_ns"),
            drawn.as_nanos().to_string()
        );
    }
    assert_eq!(
        server.attribute("httpserver.total_ns"),
        total.as_nanos().to_string()
    );
    assert_eq!(server.took(), total);
    assert!(
        (drawn..=total).contains(&delay.took()),
        "{:?} {said:?}",
        delay.took()
    );
}

#[test]
fn a_request_is_a_server_span_with_a_delay_inside_over_either_protocol() {
    if parts::absent(PARTS) {
        return;
    }
    let jaeger = Jaeger::start();
    let collector = Collector::to(jaeger.grpc, &json!({}));
    for protocol in ["grpc", "http/protobuf"] {
        let environment = collector.environment(protocol);
        let service = Service::start(&["--delay", "uniform(10ms,30ms)"], &environment);
        for _ in 0..5 {
            let answer = service.get("/images");
            let spans = jaeger.trace(trace_id(&answer), 2);
            assert_repeats(&spans, &answer);
            assert_eq!(one(&spans, "GET /images").parent_id, "");
        }
    }
}

#[test]
fn a_server_span_has_the_attributes_of_the_http_conventions() {
    if parts::absent(&["jaeger"]) {
        return;
    }
    let jaeger = Jaeger::start();
    let service = Service::start(&["--delay", "constant(1ms)"], &jaeger.environment());
    let port = service.address.port().to_string();
    let answer = service.get_with("/images?size=7", &[("user-agent", "tester/1")]);
    let spans = jaeger.trace(trace_id(&answer), 2);
    let server = one(&spans, "GET /images");
    for (name, value) in [
        ("http.request.method", "GET"),
        ("http.route", "/images"),
        ("http.response.status_code", "200"),
        ("url.scheme", "http"),
        ("url.path", "/images"),
        ("url.query", "size=7"),
        ("user_agent.original", "tester/1"),
        ("client.address", "127.0.0.1"),
        ("network.protocol.version", "1.1"),
        ("server.address", "127.0.0.1"),
        ("server.port", &port),
    ] {
        assert_eq!(server.attribute(name), value, "{name}");
    }
    let failed = service.get("/images?status=503");
    let spans = jaeger.trace(trace_id(&failed), 2);
    let server = one(&spans, "GET /images");
    assert_eq!(server.attribute("error.type"), "503");
    assert_eq!(server.status, 2, "the status of a failed request is Error");
}

#[test]
fn the_span_of_a_client_that_left_is_failed() {
    if parts::absent(&["jaeger"]) {
        return;
    }
    let jaeger = Jaeger::start();
    let service = Service::start(&["--delay", "constant(30s)"], &jaeger.environment());
    let mut client = TcpStream::connect(service.address).unwrap();
    let head =
        format!("GET /images HTTP/1.1\r\nhost: x\r\ntraceparent: 00-{TRACE}-{PARENT}-01\r\n\r\n");
    client.write_all(head.as_bytes()).unwrap();
    parts::until("it is in flight", || {
        (service.metric("cloudnative_requests_accepted_total") == 1.0).then_some(())
    });
    drop(client);
    let spans = jaeger.trace(TRACE, 2);
    let server = one(&spans, "GET /images");
    assert_eq!(server.attribute("error.type"), "cancelled");
    assert_eq!(
        server.status, 2,
        "`error.type` and the status Error go together"
    );
}

#[test]
fn a_caller_s_trace_is_continued() {
    if parts::absent(&["jaeger"]) {
        return;
    }
    let jaeger = Jaeger::start();
    let service = Service::start(&["--delay", "constant(1ms)"], &jaeger.environment());
    let traceparent = format!("00-{TRACE}-{PARENT}-01");
    let answer = service.get_with("/images", &[("traceparent", &traceparent)]);
    assert_eq!(trace_id(&answer), TRACE);
    let spans = jaeger.trace(TRACE, 2);
    assert_repeats(&spans, &answer);
    assert_eq!(one(&spans, "GET /images").parent_id, PARENT);
}

#[test]
fn a_caller_s_decision_not_to_sample_is_respected() {
    if parts::absent(&["jaeger"]) {
        return;
    }
    let jaeger = Jaeger::start();
    let service = Service::start(&["--delay", "constant(1ms)"], &jaeger.environment());
    let traceparent = format!("00-{TRACE}-{PARENT}-00");
    let unsampled = service.get_with("/images", &[("traceparent", &traceparent)]);
    assert!(
        unsampled.header("traceresponse").ends_with("-00"),
        "{unsampled:?}"
    );
    // Spans go out in their order: what came before this one and is not there will not come.
    let sampled = service.get("/images");
    jaeger.trace(trace_id(&sampled), 2);
    assert!(jaeger.spans(TRACE).is_empty(), "{:#?}", jaeger.spans(TRACE));
}

#[test]
fn a_sampled_share_is_delivered_and_the_rest_is_not() {
    if parts::absent(&["otelcol"]) {
        return;
    }
    let collector = Collector::counting();
    let mut environment = collector.environment("grpc");
    environment.push(("OTEL_TRACES_SAMPLER", "parentbased_traceidratio".to_owned()));
    environment.push(("OTEL_TRACES_SAMPLER_ARG", "0.25".to_owned()));
    let mut service = Service::start(&["--delay", "constant(0s)"], &environment);
    let answers = crate::load::run(service.address, 8, 50);
    let flags = answers.iter().map(|answer| answer.header("traceresponse"));
    let sampled = flags.filter(|flags| flags.ends_with("-01")).count();
    // 400 x 0.25, and five standard deviations.
    assert!(
        (57..=143).contains(&sampled),
        "{sampled} of 400 were sampled"
    );
    service.process.signal("-TERM");
    assert_eq!(service.process.wait().code(), Some(0));
    assert_eq!(collector.spans(), 2.0 * sampled as f64);
}
