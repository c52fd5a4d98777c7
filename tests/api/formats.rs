//! Which format a scrape gets.

use std::sync::Arc;

use httpserver::exposition::Format;
use tokio::task::JoinSet;

use crate::app::TestApp;

async fn accepting(app: &TestApp, accept: &[&str]) -> reqwest::Response {
    let mut request = app.client.get(app.url("/metrics"));
    for value in accept {
        request = request.header("accept", *value);
    }
    request.send().await.unwrap()
}

#[tokio::test]
async fn the_accepted_format_is_sent_and_named() {
    let app = TestApp::start(&["--delay", "constant(0s)"]);
    app.get("/images").await;
    for (accept, format) in [
        (&[][..], Format::Text),
        (&["text/html", "*/*;q=0.1"], Format::Text),
        (&["rubbish"], Format::Text),
        (&["application/openmetrics-text"], Format::OpenMetrics),
        (
            &["text/plain;q=0.3", Format::Protobuf.content_type()],
            Format::Protobuf,
        ),
    ] {
        let answer = accepting(&app, accept).await;
        assert_eq!(answer.status(), 200);
        assert_eq!(
            answer.headers()["content-type"],
            format.content_type(),
            "{accept:?}"
        );
        let vary: Vec<_> = answer.headers().get_all("vary").iter().collect();
        assert!(vary.iter().any(|value| *value == "accept"), "{vary:?}");
        let body = answer.bytes().await.unwrap();
        assert_eq!(body.ends_with(b"# EOF\n"), format == Format::OpenMetrics);
        assert_eq!(body.starts_with(b"# HELP"), format == Format::Text);
    }
}

#[tokio::test]
async fn where_nothing_is_acceptable_the_answer_lists_what_there_is() {
    let app = TestApp::start(&[]);
    let answer = accepting(&app, &["application/json"]).await;
    assert_eq!(answer.status(), 406);
    let text = answer.text().await.unwrap();
    for format in [Format::Text, Format::OpenMetrics, Format::Protobuf] {
        assert!(text.contains(format.content_type()), "{text}");
    }
}

#[tokio::test]
async fn a_huge_accept_header_is_refused_and_the_service_goes_on() {
    let app = TestApp::start(&[]);
    let head = format!(
        "GET /metrics HTTP/1.1\r\nhost: x\r\naccept: {}\r\n\r\n",
        "a/b;q=0.5,".repeat(1 << 20)
    );
    // Refused while it is still being sent, which may also reset the connection.
    let answer = app.exchange_unless_reset(&head).await;
    assert!(
        answer.is_empty() || answer.starts_with("HTTP/1.1 431"),
        "{answer}"
    );
    assert_eq!(accepting(&app, &[]).await.status(), 200);
}

#[tokio::test]
async fn scrapers_of_different_formats_do_not_disturb_each_other() {
    let app = Arc::new(TestApp::start(&["--delay", "constant(0s)"]));
    let mut all = JoinSet::new();
    for n in 0..300 {
        let app = Arc::clone(&app);
        all.spawn(async move {
            app.get("/images").await;
            let format = [Format::Text, Format::OpenMetrics, Format::Protobuf][n % 3];
            let answer = accepting(&app, &[format.content_type()]).await;
            assert_eq!(answer.headers()["content-type"], format.content_type());
        });
    }
    all.join_all().await;
    let scrape = app.scrape().await;
    let total = [("step", "total")];
    let name = "cloudnative_execution_latency_seconds_count";
    assert_eq!(scrape.sum(name, &total), 300.0);
}
