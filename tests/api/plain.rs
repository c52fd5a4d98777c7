//! Routes without a delay: the greeting, the probes, `/truth`.

use crate::app::TestApp;

#[tokio::test]
async fn a_stranger_is_greeted_with_the_headers_that_came() {
    let app = TestApp::start(&[]);
    let answer = app
        .client
        .get(app.url("/"))
        .header("x-who", "me")
        .send()
        .await
        .unwrap();
    let text = answer.text().await.unwrap();
    assert!(text.starts_with("hello [stranger]\n"), "{text}");
    assert!(text.lines().any(|line| line == "x-who=me"), "{text}");
}

#[tokio::test]
async fn a_named_user_is_greeted_by_name() {
    let app = TestApp::start(&[]);
    assert!(
        app.text("/?user=Zo%C3%AB")
            .await
            .starts_with("hello [Zoë]\n")
    );
    assert!(app.text("/?user=").await.starts_with("hello [stranger]\n"));
    assert!(
        app.text("/?other=1&%ff")
            .await
            .starts_with("hello [stranger]\n")
    );
}

#[tokio::test]
async fn probes_answer_ok_and_are_not_counted() {
    let app = TestApp::start(&["--error-rate", "1"]);
    let before = app.scrape().await.len();
    for _ in 0..20 {
        for path in ["/healthz", "/readyz"] {
            assert_eq!(app.get(path).await.status(), 200);
            assert_eq!(app.text(path).await, "ok");
        }
        assert_eq!(app.get("/truth").await.status(), 200);
    }
    let after = app.scrape().await;
    assert_eq!(after.len(), before, "{after}");
    assert_eq!(
        after.sum("http_server_request_duration_seconds_count", &[]),
        0.0,
        "{after}"
    );
    assert_eq!(
        after.sum("cloudnative_requests_accepted_total", &[]),
        0.0,
        "{after}"
    );
}

#[tokio::test]
async fn truth_includes_the_ledger() {
    let app = TestApp::start(&["--delay", "uniform(0s,20ms)", "--seed", "7"]);
    for _ in 0..5 {
        assert_eq!(app.get("/images").await.status(), 200);
    }
    let told: serde_json::Value = app.get("/truth").await.json().await.unwrap();
    assert_eq!(told["delay"], "uniform(0s,20ms)");
    assert_eq!(told["seed"], 7);
    assert_eq!(told["ledger"]["accepted"], 5);
    assert_eq!(told["ledger"]["completed"], 5);
    assert_eq!(told["ledger"]["cancelled"], 0);
    assert_eq!(told["clock"]["waits"], 5);
    let timer = if cfg!(target_os = "linux") {
        "timerfd"
    } else {
        "thread"
    };
    assert_eq!(told["clock"]["timer"], timer);
    let p99 = told["quantiles"]
        .as_array()
        .unwrap()
        .iter()
        .find(|known| known["q"] == 0.99)
        .unwrap();
    assert!(
        (p99["seconds"].as_f64().unwrap() - 0.0198).abs() < 1e-9,
        "{p99}"
    );
    assert_eq!(told["instance_id"].as_str().unwrap().len(), 36);
}

#[tokio::test]
async fn an_unknown_path_is_not_found() {
    let app = TestApp::start(&[]);
    assert_eq!(app.get("/nowhere").await.status(), 404);
}
