//! The files that the live page loads: their types, entity tags and compression.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use reqwest::{Method, StatusCode};

use super::asked::{FIREFOX, all, ask, files, get};
use crate::app::TestApp;

#[tokio::test]
async fn each_file_is_sent_with_its_type() {
    let app = TestApp::start(&[]);
    for (name, content) in files() {
        let answer = app.get(&format!("/page/{name}")).await;
        assert_eq!(answer.status(), 200, "{name}");
        let told = answer.headers().clone();
        let content_type = match name.rsplit_once('.').unwrap().1 {
            "js" => "text/javascript; charset=utf-8",
            "css" => "text/css; charset=utf-8",
            "svg" => "image/svg+xml; charset=utf-8",
            other => panic!("{other}"),
        };
        assert_eq!(told["content-type"], content_type, "{name}");
        assert_eq!(told["cache-control"], "no-cache", "{name}");
        assert_eq!(told["x-content-type-options"], "nosniff", "{name}");
        assert_eq!(told["vary"], "accept-encoding", "{name}");
        assert_eq!(told["content-length"], content.len().to_string(), "{name}");
        assert_eq!(answer.bytes().await.unwrap(), content, "{name}");
    }
}

#[tokio::test]
async fn what_a_client_has_is_not_sent_again() {
    let app = TestApp::start(&[]);
    for (path, accept) in [("/", FIREFOX), ("/page/icon.svg", "*/*")] {
        let accept = ("accept", accept);
        let first = get(&app, path, &[accept]).await;
        let etag = all(first.headers(), "etag");
        let strong = etag.strip_prefix("W/").unwrap();
        for (known, status) in [
            (&[etag.as_str()][..], StatusCode::NOT_MODIFIED),
            (&[strong], StatusCode::NOT_MODIFIED),
            (&["*"], StatusCode::NOT_MODIFIED),
            (
                &[&format!("\"a,b\", W/\"c\" ,{etag}")],
                StatusCode::NOT_MODIFIED,
            ),
            (&["\"a\"", strong], StatusCode::NOT_MODIFIED),
            (&["\"a\""], StatusCode::OK),
            (&[strong.trim_matches('"')], StatusCode::OK),
            (&["", "W/", "rubbish"], StatusCode::OK),
        ] {
            for method in [Method::GET, Method::HEAD] {
                let mut headers = vec![accept, ("accept-encoding", "gzip")];
                headers.extend(known.iter().map(|value| ("if-none-match", *value)));
                let answer = ask(&app, method.clone(), path, &headers).await;
                assert_eq!(answer.status(), status, "{path} {method} {known:?}");
                let told = answer.headers();
                assert_eq!(all(told, "etag"), etag);
                assert_eq!(told["cache-control"], "no-cache");
                assert_eq!(all(told, "vary"), all(first.headers(), "vary"));
                let is_sent = status == StatusCode::OK;
                assert_eq!(told.contains_key("content-encoding"), is_sent, "{told:?}");
                let body = answer.bytes().await.unwrap();
                assert_eq!(body.is_empty(), !is_sent || method == Method::HEAD);
            }
        }
    }
    let etags = files()
        .into_iter()
        .map(async |(name, _)| all(app.get(&format!("/page/{name}")).await.headers(), "etag"));
    let etags = join_all(etags).await;
    let different: BTreeSet<_> = etags.iter().collect();
    assert_eq!(different.len(), etags.len(), "{etags:?}");
}

#[tokio::test]
async fn a_browser_gets_gzip_and_few_bytes() {
    let app = TestApp::start(&[]);
    let mut bytes = 0;
    let files = files().into_iter().map(|(name, _)| format!("/page/{name}"));
    for path in files.chain(["/".to_owned()]) {
        let plain = get(&app, &path, &[("accept", FIREFOX)]).await;
        assert!(!plain.headers().contains_key("content-encoding"));
        let headers = [("accept", FIREFOX), ("accept-encoding", "br, gzip;q=0.5")];
        let answer = get(&app, &path, &headers).await;
        let told = answer.headers().clone();
        assert_eq!(told["content-encoding"], "gzip", "{path}");
        assert!(all(&told, "vary").contains("accept-encoding"), "{told:?}");
        assert_eq!(told["etag"], plain.headers()["etag"], "{path}");
        let body = answer.bytes().await.unwrap();
        assert_eq!(body[..2], [0x1f, 0x8b]);
        bytes += body.len();
    }
    assert!(bytes < 40_000, "{bytes}");
}

#[tokio::test]
async fn only_what_exists_is_found_and_only_read() {
    let app = TestApp::start(&[]);
    for path in [
        "/page",
        "/page/",
        "/page/x",
        "/page/index.html",
        "/page/main.js/",
        "/page/MAIN.JS",
        "/page/../page/x",
        "/page/%2e%2e/metrics",
        "/page//main.js",
        "/favicon.ico",
    ] {
        let answer = app
            .exchange(
                &format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"),
                false,
            )
            .await;
        assert!(answer.starts_with("HTTP/1.1 404 "), "{path}: {answer}");
    }
    for path in ["/", "/page/main.js"] {
        let answer = ask(&app, Method::POST, path, &[("accept", FIREFOX)]).await;
        assert_eq!(answer.status(), 405, "{path}");
        assert_eq!(answer.headers()["allow"], "GET,HEAD", "{path}");
    }
    let head = ask(&app, Method::HEAD, "/page/main.js", &[]).await;
    let length = head.headers()["content-length"].clone();
    let main = app.get("/page/main.js").await;
    assert_eq!(length, main.headers()["content-length"]);
    assert_eq!(head.bytes().await.unwrap().len(), 0);
}
