//! `/truth` and its parameters.

use std::pin::pin;

use httpserver::truth::Truth;
use serde_json::{Value, json};

use crate::app::TestApp;

async fn ask(app: &TestApp, parameters: &[(&str, &str)]) -> reqwest::Response {
    let request = app.client.get(app.url("/truth")).query(parameters);
    request.send().await.unwrap()
}

async fn told(app: &TestApp, parameters: &[(&str, &str)]) -> Value {
    let answer = ask(app, parameters).await;
    assert_eq!(answer.status(), 200, "{parameters:?}");
    assert_eq!(answer.headers()["content-type"], "application/json");
    answer.json().await.unwrap()
}

/// What the command `truth` says, as the part of the answer that depends on delay and buckets.
fn truth(delay: &str, seed: Option<u64>, buckets: &str) -> Value {
    let truth = Truth::of(&delay.parse().unwrap(), seed, &buckets.parse().unwrap());
    // Through text: reading a number may change its last digit.
    let text = serde_json::to_string(&truth).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn assert_has(told: &Value, part: &Value) {
    for (key, value) in part.as_object().unwrap() {
        assert_eq!(told[key], *value, "{key}");
    }
}

#[tokio::test]
async fn another_delay_or_other_buckets_can_be_asked_for() {
    let app = TestApp::start(&["--delay", "uniform(0s,20ms)", "--seed", "7"]);
    app.get("/images").await;
    let declared = "exponential(0.001,2,15)";
    for (parameters, expected) in [
        (&[][..], truth("uniform(0s,20ms)", Some(7), declared)),
        (
            &[("buckets", "semconv")],
            truth("uniform(0s,20ms)", Some(7), "semconv"),
        ),
        (
            &[("delay", "lognormal(p50=200ms, p99=1.5s)")],
            truth("capped(lognormal(p50=200ms,p99=1.5s),60s)", None, declared),
        ),
        (
            &[("delay", "constant(1s)"), ("buckets", "0.1, 0.5,2")],
            truth("constant(1s)", None, "0.1,0.5,2"),
        ),
        (
            &[
                ("buckets", "linear(0.1,0.1,20)"),
                ("delay", "uniform(0ms,20ms)"),
            ],
            truth("uniform(0s,20ms)", Some(7), "linear(0.1,0.1,20)"),
        ),
    ] {
        let told = told(&app, parameters).await;
        assert_has(&told, &expected);
        assert_eq!(told["ledger"]["accepted"], 1, "{parameters:?}");
        assert_eq!(told["ledger"]["overrides"], 0, "{parameters:?}");
        assert_eq!(told["clock"]["waits"], 1, "{parameters:?}");
        assert_eq!(told["namespace"], "cloudnative");
        assert_eq!(told["instance_id"].as_str().unwrap().len(), 36);
    }
}

#[tokio::test]
async fn the_buckets_are_those_of_the_service_unless_others_are_asked_for() {
    let app = TestApp::start(&["--buckets", "0.5,1", "--seed", "1", "--no-overrides"]);
    assert_has(
        &told(&app, &[]).await,
        &truth("uniform(0s,2s)", Some(1), "0.5,1"),
    );
    let other = told(&app, &[("delay", "constant(1s)")]).await;
    assert_has(&other, &truth("constant(1s)", None, "0.5,1"));
}

#[tokio::test]
async fn max_delay_limits_it_as_it_limits_requests() {
    let app = TestApp::start(&["--max-delay", "3s"]);
    let capped = told(&app, &[("delay", "exponential(1s)")]).await;
    assert_eq!(capped["delay"], "capped(exponential(1s),3s)");
    assert_eq!(capped["max_seconds"], 3.0);
    for path in ["/truth", "/images"] {
        let answer = app.get(&format!("{path}?delay=constant(4s)")).await;
        assert_eq!(answer.status(), 400, "{path}");
        let text = answer.text().await.unwrap();
        assert!(text.contains("--max-delay"), "{text}");
    }
}

#[tokio::test]
async fn a_wrong_parameter_is_refused_by_name() {
    let app = TestApp::start(&[]);
    let many = format!("mix({})", "0.001:constant(1s),".repeat(440));
    for (parameters, words) in [
        (
            &[("delay", "constant(3)")][..],
            &["?delay=", "column 10"][..],
        ),
        (&[("delay", "")], &["?delay="]),
        (&[("delay", &many)], &["?delay=", "8192 bytes"]),
        (&[("buckets", "2,1")], &["?buckets=", "bound 2"]),
        (&[("buckets", "")], &["?buckets=", "expected"]),
        (&[("buckets", "linear(0,1,2)")], &["?buckets=", "bound 1"]),
        (
            &[("buckets", "exponential(1,2,201)")],
            &["?buckets=", "1 to 200"],
        ),
        (&[("dealy", "x")], &["?dealy=", "?delay= and ?buckets="]),
        (&[("Delay", "constant(1s)")], &["?Delay="]),
        (&[("", "x")], &["?=:", "?delay= and ?buckets="]),
        (
            &[("delay", "constant(1s)"), ("delay", "constant(1s)")],
            &["?delay=", "once"],
        ),
        (
            &[("buckets", "1"), ("buckets", "1")],
            &["?buckets=", "once"],
        ),
        (&[("buckets", "1"), ("<script>", "1")], &["?<script>="]),
    ] {
        let answer = ask(&app, parameters).await;
        assert_eq!(answer.status(), 400, "{parameters:?}");
        let told = answer.headers().clone();
        assert_eq!(told["content-type"], "text/plain; charset=utf-8");
        assert_eq!(told["x-content-type-options"], "nosniff");
        let text = answer.text().await.unwrap();
        for word in words {
            assert!(text.contains(word), "{word}: {text}");
        }
        assert_eq!(text.lines().count(), 1, "{text}");
    }
    for empty in ["/truth?", "/truth?&", "/truth?&&"] {
        assert_eq!(app.get(empty).await.status(), 200, "{empty}");
    }
    for broken in ["/truth?delay", "/truth?%ff=1", "/truth?delay=%ff"] {
        assert_eq!(app.get(broken).await.status(), 400, "{broken}");
    }
}

#[tokio::test]
async fn links_are_those_of_the_flags() {
    let none = told(&TestApp::start(&[]), &[]).await;
    let links = json!({"trace": null, "prometheus": null, "grafana": null});
    assert_eq!(none["links"], links);
    let app = TestApp::start(&[
        "--trace-url=http://localhost:16686/trace/{trace_id}",
        "--prometheus-url=http://localhost:9090",
        "--grafana-url=https://g.example/d/x?orgId=1",
    ]);
    let links = json!({
        "trace": "http://localhost:16686/trace/{trace_id}",
        "prometheus": "http://localhost:9090",
        "grafana": "https://g.example/d/x?orgId=1",
    });
    for parameters in [&[][..], &[("buckets", "semconv")]] {
        assert_eq!(told(&app, parameters).await["links"], links);
    }
}

/// The test's runtime has one thread, which the service shares.
#[tokio::test]
async fn a_truth_that_takes_long_delays_no_other_request() {
    let app = TestApp::start(&[]);
    let level = |inner: String, n: u32| format!("mix(0.5:{inner},0.5:exponential({n}s))");
    let delay = (1..5).fold("exponential(9s)".to_owned(), level);
    let parameters = [
        ("delay", delay.as_str()),
        ("buckets", "linear(0.01,0.01,200)"),
    ];
    let mut computing = pin!(told(&app, &parameters));
    let mut answered = 0;
    loop {
        tokio::select! {
            _ = &mut computing => break,
            answer = app.get("/healthz") => {
                assert_eq!(answer.status(), 200);
                answered += 1;
            }
        }
    }
    assert!(answered > 10, "{answered}");
}
