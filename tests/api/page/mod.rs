//! The live page: who gets it, with which headers, and that it counts in nothing.

mod asked;
mod files;

use std::collections::BTreeSet;

use asked::{FIREFOX, all, ask, files, get};
use reqwest::Method;

use crate::app::TestApp;

const CHROME: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7";
const SAFARI: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
const HTML: &str = "text/html; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";

#[tokio::test]
async fn a_browser_gets_the_page_and_everyone_else_the_greeting() {
    let app = TestApp::start(&[]);
    for (accept, content_type) in [
        (&[CHROME][..], HTML),
        (&[FIREFOX], HTML),
        (&[SAFARI], HTML),
        (&["text/plain", "text/html"], HTML),
        (&["text/html;q=0.5, text/plain;q=0.5"], HTML),
        (&["*/*"], TEXT),
        (&["text/html;q=0"], TEXT),
        (&["text/*"], TEXT),
        (&["rubbish"], TEXT),
        (&[""], TEXT),
        (&["text/plain, text/html;q=0.5"], TEXT),
        (&["text/html;q=0.5", "*/*"], TEXT),
        (&["application/json"], TEXT),
    ] {
        let headers: Vec<_> = accept.iter().map(|value| ("accept", *value)).collect();
        let answer = get(&app, "/", &headers).await;
        assert_eq!(answer.status(), 200, "{accept:?}");
        let told = answer.headers().clone();
        assert_eq!(told["content-type"], content_type, "{accept:?}");
        assert!(all(&told, "vary").contains("accept"), "{told:?}");
        assert_eq!(told["x-content-type-options"], "nosniff", "{told:?}");
        let body = answer.text().await.unwrap();
        let begins = if content_type == HTML {
            "<!doctype html>"
        } else {
            "hello [stranger]\n"
        };
        assert!(body.starts_with(begins), "{accept:?}: {body}");
    }
}

#[tokio::test]
async fn the_greeting_is_sent_as_ever() {
    let app = TestApp::start(&[]);
    let head = "host: x\r\nX-Who: me\r\naccept-encoding: gzip\r\nconnection: close\r\n\r\n";
    let body = "hello [Ada]\nhost=x\nx-who=me\naccept-encoding=gzip\nconnection=close\n";
    for (method, body) in [("GET", body), ("HEAD", "")] {
        let request = format!("{method} /?user=Ada HTTP/1.1\r\n{head}");
        let answer = app.exchange(&request, false).await;
        let (head, sent) = answer.split_once("\r\n\r\n").unwrap();
        assert_eq!(sent, body, "{answer}");
        let names = head
            .lines()
            .skip(1)
            .filter(|line| !line.starts_with("date: "));
        let expected = [
            "content-type: text/plain; charset=utf-8",
            "x-content-type-options: nosniff",
            "vary: accept",
            "content-length: 66",
            "connection: close",
        ];
        assert_eq!(names.collect::<BTreeSet<_>>(), BTreeSet::from(expected));
    }
}

#[tokio::test]
async fn nothing_of_a_request_is_in_the_page() {
    let app = TestApp::start(&[]);
    let path = "/?user=%3Cscript%3Ealert(1)%3C/script%3E";
    let strange = [
        ("accept", FIREFOX),
        ("x-strange", "<script>alert(2)</script>"),
    ];
    let page = get(&app, path, &strange).await.text().await.unwrap();
    assert_eq!(
        page,
        get(&app, "/", &strange[..1]).await.text().await.unwrap()
    );
    assert!(!page.contains("alert("), "{page}");
    let greeting = get(&app, path, &[("accept", "*/*")]).await;
    assert_eq!(greeting.headers()["content-type"], TEXT);
    assert_eq!(greeting.headers()["x-content-type-options"], "nosniff");
    let greeting = greeting.text().await.unwrap();
    assert!(greeting.starts_with("hello [<script>"), "{greeting}");
}

#[tokio::test]
async fn the_page_may_load_from_its_own_origin_only() {
    let app = TestApp::start(&[]);
    let told = get(&app, "/", &[("accept", FIREFOX)])
        .await
        .headers()
        .clone();
    assert_eq!(
        told["content-security-policy"],
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
            base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    assert_eq!(told["referrer-policy"], "no-referrer");
}

#[tokio::test]
async fn what_the_page_asks_for_counts_in_nothing() {
    let app = TestApp::start(&["--error-rate", "1"]);
    let before = without_process(&app);
    for (name, _) in files() {
        let path = format!("/page/{name}");
        assert_eq!(app.get(&path).await.status(), 200);
        let answer = ask(&app, Method::HEAD, &path, &[("if-none-match", "*")]).await;
        assert_eq!(answer.status(), 304);
    }
    for path in [
        "/metrics",
        "/truth",
        "/truth?delay=constant(1ms)&buckets=semconv",
    ] {
        assert_eq!(app.get(path).await.status(), 200);
    }
    assert_eq!(without_process(&app), before);
    for n in 0..20 {
        assert_eq!(app.get(&format!("/page/{n}")).await.status(), 404);
    }
    let unknown = app.registry();
    let name = "http_server_request_duration_seconds_count";
    assert_eq!(unknown.series(name, &[]), 1, "{unknown}");
    assert_eq!(unknown.series(name, &[("http_route", "/page/1")]), 0);
}

/// The registry without what the process itself uses.
fn without_process(app: &TestApp) -> String {
    let text = app.registry().to_string();
    let lines = text.lines().filter(|line| !line.contains("process_"));
    lines.collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn where_metrics_have_an_address_of_their_own_the_page_has_none() {
    let app = TestApp::start(&["--metrics-listen", "127.0.0.1:0"]);
    let page = get(&app, "/", &[("accept", FIREFOX)]).await;
    assert_eq!(page.headers()["content-type"], HTML);
    assert_eq!(app.get("/page/main.js").await.status(), 200);
    assert_eq!(app.get("/truth").await.status(), 200);
    assert_eq!(app.get("/metrics").await.status(), 404);
    let own = format!("http://{}", app.metrics_address.unwrap());
    for path in ["/", "/page/main.js", "/truth"] {
        let answer = app.client.get(format!("{own}{path}")).send().await.unwrap();
        assert_eq!(answer.status(), 404, "{path}");
    }
}
