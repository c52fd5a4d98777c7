//! A `tracing` span that a developer opens inside a request is part of the request's trace.

use std::{env, process::Command, time::Duration};

use http::{HeaderMap, HeaderValue};
use httpserver::telemetry::{Service, Telemetry};
use opentelemetry::context::FutureExt;
use tracing::Instrument;

use crate::parts::{self, Jaeger, Span};

/// Set in the process that is traced. Telemetry is read from the environment, and once a process.
const TRACED: &str = "HTTPSERVER_TEST_TRACED";
const NAME: &str = "instrumented::a_tracing_span_opened_in_a_request_is_a_child_in_its_trace";
const SERVICE: Service = Service {
    name: "instrumented",
    version: "0",
};
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

#[test]
fn a_tracing_span_opened_in_a_request_is_a_child_in_its_trace() {
    if env::var_os(TRACED).is_some() {
        return be_traced();
    }
    if parts::absent(&["jaeger"]) {
        return;
    }
    let jaeger = Jaeger::start();
    let mut command = Command::new(env::current_exe().unwrap());
    command
        .args(["--exact", NAME])
        .env(TRACED, "1")
        .envs(jaeger.environment());
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}"
    );

    let spans = jaeger.trace(TRACE, 3);
    let named = |name| spans.iter().find(|span: &&Span| span.name == name);
    let ids = |name| named(name).unwrap_or_else(|| panic!("no `{name}` in {spans:#?}"));
    let (server, outer, inner) = (ids("GET /images"), ids("outer"), ids("inner"));
    assert_eq!(outer.parent_id, server.id, "{spans:#?}");
    assert_eq!(inner.parent_id, outer.id, "{spans:#?}");
    assert_eq!(outer.attribute("answer"), "42");
}

/// Handles a request as the service does: its span's context is current while the handler's future is polled.
fn be_traced() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let inside = runtime.enter();
    let telemetry = Telemetry::start(SERVICE, None).unwrap();
    drop(inside);
    let mut headers = HeaderMap::new();
    let traceparent = HeaderValue::from_str(&format!("00-{TRACE}-00f067aa0ba902b7-01")).unwrap();
    headers.insert("traceparent", traceparent);
    let server = telemetry
        .tracing
        .server_span(&headers, || "GET /images".to_owned());
    let handler = async {
        tokio::task::yield_now().await;
        async { tracing::info_span!("inner").in_scope(|| tracing::info!("at work")) }.await;
    };
    let outer = tracing::info_span!("outer", answer = 42);
    drop(outer); // made outside of the request's context: it must not be in this trace
    let handler = async move {
        let outer = tracing::info_span!("outer", answer = 42);
        handler.instrument(outer).await;
    };
    runtime.block_on(handler.with_context(server.context.clone()));
    server.end(Duration::from_millis(5));
    drop(server);
    telemetry.shutdown();
}
