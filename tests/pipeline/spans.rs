//! What Jaeger shows of a request.

use httpserver::server_timing::ServerTiming;

use crate::parts::{self, Answer, Collector, Jaeger, Service, Span};

const PARTS: &[&str] = &["otelcol", "jaeger"];
const SERVER: u64 = 2;
const INTERNAL: u64 = 1;

fn trace_id(answer: &Answer) -> &str {
    answer.header("traceresponse").split('-').nth(1).unwrap()
}

fn timing(answer: &Answer) -> ServerTiming {
    answer.header("server-timing").parse().unwrap()
}

fn one<'a>(spans: &'a [Span], name: &str) -> &'a Span {
    let mut named = spans.iter().filter(|span| span.name == name);
    match (named.next(), named.next()) {
        (Some(span), None) => span,
        _ => panic!("not exactly one `{name}`: {spans:#?}"),
    }
}

#[test]
fn a_request_is_a_server_span_with_a_delay_inside_over_either_protocol() {
    if parts::absent(PARTS) {
        return;
    }
    let jaeger = Jaeger::start();
    let collector = Collector::to_jaeger(jaeger.grpc);
    for protocol in ["grpc", "http/protobuf"] {
        let service = Service::start(
            &["--delay", "uniform(10ms,30ms)"],
            &collector.environment(protocol),
        );
        let answer = service.get_with("/images?size=7", &[("user-agent", "tester/1")]);
        let spans = jaeger.trace(trace_id(&answer), 2);
        assert_eq!(spans.len(), 2, "{protocol}: {spans:#?}");
        let (server, delay) = (one(&spans, "GET /images"), one(&spans, "delay"));
        assert_eq!((server.kind, delay.kind), (SERVER, INTERNAL), "{protocol}");
        assert_eq!(
            (server.parent_id.as_str(), delay.parent_id.as_str()),
            ("", server.span_id.as_str())
        );
        assert_eq!(
            answer.header("traceresponse").split('-').nth(2).unwrap(),
            server.span_id
        );
    }
}
