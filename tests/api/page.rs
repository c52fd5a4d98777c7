//! The live page: who gets it, its files, their headers, and that it counts in nothing.

use reqwest::{Method, Response, StatusCode, header::HeaderMap};

use crate::app::TestApp;

const CHROME: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7";
const FIREFOX: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
const SAFARI: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
const HTML: &str = "text/html; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";

async fn ask(app: &TestApp, method: Method, path: &str, headers: &[(&str, &str)]) -> Response {
    let mut request = app.client.request(method, app.url(path));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap()
}

async fn get(app: &TestApp, path: &str, headers: &[(&str, &str)]) -> Response {
    ask(app, Method::GET, path, headers).await
}

/// All values of a header.
fn all(headers: &HeaderMap, name: &str) -> String {
    let values = headers.get_all(name).iter();
    let values: Vec<_> = values.map(|value| value.to_str().unwrap()).collect();
    values.join(", ")
}

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
        let mut names: Vec<_> = head.lines().skip(1).collect();
        names.retain(|line| !line.starts_with("date: "));
        let expected = [
            "content-type: text/plain; charset=utf-8",
            "x-content-type-options: nosniff",
            "vary: accept",
            "content-length: 66",
            "connection: close",
        ];
        names.sort_unstable();
        let mut expected = expected.to_vec();
        expected.sort_unstable();
        assert_eq!(names, expected);
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

/// The files that the page is made of, as its folder has them.
fn files() -> Vec<(String, Vec<u8>)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/serve/page/web");
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    let files: Vec<_> = entries
        .map(|entry| entry.path())
        .map(|path| {
            (
                path.file_name().unwrap().to_str().unwrap().to_owned(),
                std::fs::read(path).unwrap(),
            )
        })
        .filter(|(name, _)| name != "index.html")
        .collect();
    assert!(files.len() > 10, "{files:?}");
    files
}

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
    let etags = futures_util::future::join_all(etags).await;
    let different: std::collections::BTreeSet<_> = etags.iter().collect();
    assert_eq!(different.len(), etags.len(), "{etags:?}");
}

#[tokio::test]
async fn a_client_that_accepts_gzip_gets_it() {
    let app = TestApp::start(&[]);
    for (path, accept) in [("/", FIREFOX), ("/page/icon.svg", "*/*")] {
        let plain = get(&app, path, &[("accept", accept)]).await;
        assert!(!plain.headers().contains_key("content-encoding"));
        let headers = [("accept", accept), ("accept-encoding", "br, gzip;q=0.5")];
        let answer = get(&app, path, &headers).await;
        let told = answer.headers().clone();
        assert_eq!(told["content-encoding"], "gzip", "{path}");
        assert!(all(&told, "vary").contains("accept-encoding"), "{told:?}");
        assert_eq!(told["etag"], plain.headers()["etag"], "{path}");
        assert_eq!(answer.bytes().await.unwrap()[..2], [0x1f, 0x8b]);
    }
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
