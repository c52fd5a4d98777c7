//! `/images`: the delay is drawn as declared, waited, and reported.

use std::time::{Duration, Instant};

use httpserver::{
    contract::{ServerTiming, TraceContext},
    delay::{Domain, draw},
};

use crate::app::TestApp;

fn trace_context(n: u64) -> TraceContext {
    TraceContext {
        trace_id: (u128::from(n) << 64) | 0x1234,
        parent_id: n + 1,
    }
}

async fn ask(app: &TestApp, trace_context: TraceContext) -> reqwest::Response {
    let request = app.client.get(app.url("/images"));
    let request = request.header("traceparent", trace_context.traceparent(false));
    request.send().await.unwrap()
}

fn timing(answer: &reqwest::Response) -> ServerTiming {
    let header = answer.headers()["server-timing"].to_str().unwrap();
    header
        .parse()
        .unwrap_or_else(|error| panic!("{header}: {error:?}"))
}

#[tokio::test]
async fn an_answer_reports_the_delay_that_can_be_recomputed() {
    let app = TestApp::start(&["--delay", "uniform(0s,50ms)", "--seed", "7"]);
    for n in 0..20 {
        let begun = Instant::now();
        let answer = ask(&app, trace_context(n)).await;
        let took = begun.elapsed();
        let expected = app
            .declared
            .delay
            .quantile(draw(7, Domain::Delay, trace_context(n)));
        let said = timing(&answer);
        assert_eq!(said.delay, Some(expected));
        let total = said.total.unwrap();
        assert!(
            expected <= total && total <= took,
            "{expected:?} <= {total:?} <= {took:?}"
        );
        assert_eq!(answer.headers()["content-type"], "text/html; charset=utf-8");
        assert_eq!(
            answer.text().await.unwrap(),
            format!("<h1>{}</h1>", expected.as_millis())
        );
    }
}

#[tokio::test]
async fn replicas_and_restarts_draw_the_same_delay() {
    let flags = [
        "--delay",
        "lognormal(p50=2ms,p99=30ms)",
        "--seed",
        "18446744073709551615",
    ];
    let (one, other) = (TestApp::start(&flags), TestApp::start(&flags));
    for n in 0..10 {
        let (one, other) = (
            timing(&ask(&one, trace_context(n)).await),
            timing(&ask(&other, trace_context(n)).await),
        );
        assert_eq!(one.delay, other.delay);
        assert_ne!(one.replica, other.replica);
    }
}

#[tokio::test]
async fn without_a_traceparent_the_delay_follows_from_the_trace_id_in_the_answer() {
    let app = TestApp::start(&["--delay", "uniform(0s,20ms)", "--seed", "3"]);
    let mut seen = Vec::new();
    for _ in 0..10 {
        let answer = app.get("/images").await;
        let server: TraceContext = answer.headers()["traceresponse"]
            .to_str()
            .unwrap()
            .parse()
            .unwrap();
        let root = TraceContext {
            parent_id: 0,
            ..server
        };
        let expected = app.declared.delay.quantile(draw(3, Domain::Delay, root));
        assert_eq!(timing(&answer).delay, Some(expected));
        seen.push(expected);
    }
    seen.dedup();
    assert_eq!(
        seen.len(),
        10,
        "ids are real without any exporter: {seen:?}"
    );
}

#[tokio::test]
async fn the_caller_s_trace_is_continued() {
    let app = TestApp::start(&["--delay", "constant(0s)"]);
    let answer = ask(&app, trace_context(9)).await;
    let server: TraceContext = answer.headers()["traceresponse"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert_eq!(server.trace_id, trace_context(9).trace_id);
    assert_ne!(server.parent_id, trace_context(9).parent_id);
}

#[tokio::test]
async fn a_malformed_traceparent_starts_a_new_trace() {
    let app = TestApp::start(&["--delay", "constant(0s)"]);
    let zeros = format!("00-{}-{}-01", "0".repeat(32), "0".repeat(16));
    for bad in [
        "",
        "00-xyz",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        &zeros,
        &"9".repeat(4000),
    ] {
        let answer = app
            .client
            .get(app.url("/images"))
            .header("traceparent", bad)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 200, "{bad}");
        let server: TraceContext = answer.headers()["traceresponse"]
            .to_str()
            .unwrap()
            .parse()
            .unwrap();
        assert_ne!(server.trace_id, 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736);
    }
}

#[tokio::test]
async fn one_request_can_override_delay_and_status() {
    let app = TestApp::start(&["--delay", "constant(0s)"]);
    let answer = app.get("/images?delay=constant(30ms)&status=418").await;
    assert_eq!(answer.status(), 418);
    assert_eq!(timing(&answer).delay, Some(Duration::from_millis(30)));
    assert_eq!(
        app.scrape()
            .await
            .sum("cloudnative_delay_overrides_total", &[]),
        1.0
    );
}

#[tokio::test]
async fn an_invalid_override_is_refused_with_its_reason() {
    let app = TestApp::start(&["--delay", "constant(0s)", "--max-delay", "2s"]);
    for (query, word) in [
        ("delay=constant(3s)", "--max-delay"),
        ("delay=uniform(0s,1d)", "unit"),
        ("delay=uniform(0s", "uniform(0s"),
        ("delay=NaN", "NaN"),
        ("delay=", "?delay="),
        ("status=199", "200 to 599"),
        ("status=600", "200 to 599"),
        ("status=abc", "200 to 599"),
        ("status=-1", "200 to 599"),
        ("delay=constant(1ms)&delay=constant(2ms)", "delay"),
    ] {
        let answer = app.get(&format!("/images?{query}")).await;
        assert_eq!(answer.status(), 400, "{query}");
        let reason = answer.text().await.unwrap();
        assert!(reason.contains(word), "{query}: {reason}");
    }
    let unbounded = app.get("/images?delay=exponential(1ms)").await;
    assert_eq!(
        unbounded.status(),
        200,
        "an unbounded delay is capped, not refused"
    );
}

#[tokio::test]
async fn other_parameters_of_a_query_are_ignored() {
    let app = TestApp::start(&["--delay", "constant(0s)"]);
    for query in [
        "",
        "=&&",
        "a[]=1&%ff=%zz",
        "dealy=constant(30ms)",
        "Delay=x",
    ] {
        let answer = app.get(&format!("/images?{query}")).await;
        assert_eq!(answer.status(), 200, "{query}");
        assert_eq!(timing(&answer).delay, Some(Duration::ZERO), "{query}");
    }
    let registry = app.registry();
    let overrides = registry.sum("cloudnative_delay_overrides_total", &[]);
    assert_eq!(overrides, 0.0);
}

#[tokio::test]
async fn overrides_can_be_switched_off() {
    let app = TestApp::start(&["--delay", "constant(0s)", "--no-overrides"]);
    assert_eq!(app.get("/images?delay=constant(1ms)").await.status(), 400);
    assert_eq!(app.get("/images?other=1").await.status(), 200);
}

#[tokio::test]
async fn the_same_requests_fail_every_time() {
    let flags = [
        "--delay",
        "constant(0s)",
        "--seed",
        "5",
        "--error-rate",
        "0.3",
        "--error-status",
        "502",
    ];
    let app = TestApp::start(&flags);
    let mut failed = 0;
    for n in 0..100 {
        let fails = draw(5, Domain::Error, trace_context(n)) < 0.3;
        assert_eq!(
            ask(&app, trace_context(n)).await.status(),
            if fails { 502 } else { 200 }
        );
        failed += u32::from(fails);
    }
    assert!(
        (10..60).contains(&failed),
        "{failed} of 100 at a rate of 0.3"
    );
    let counted = app.scrape().await.sum(
        "http_server_request_duration_seconds_count",
        &[("http_response_status_code", "502"), ("error_type", "502")],
    );
    assert_eq!(counted, f64::from(failed));
}
