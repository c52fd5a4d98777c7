//! Limits on what a client may send, and the answer above each.

use tokio::{io::AsyncWriteExt, net::TcpStream};

use crate::app::TestApp;

#[tokio::test]
async fn a_head_that_is_too_large_is_refused_with_431() {
    let app = TestApp::start(&["--max-header-bytes", "8192"]);
    let large = format!(
        "GET / HTTP/1.1\r\nhost: x\r\nx-large: {}\r\n\r\n",
        "a".repeat(20_000)
    );
    assert!(
        app.exchange(&large, false)
            .await
            .starts_with("HTTP/1.1 431 ")
    );
}

#[tokio::test]
async fn too_many_headers_are_refused_with_431() {
    let app = TestApp::start(&["--max-headers", "10"]);
    let many = "x-many: 1\r\n".repeat(20);
    assert!(
        app.exchange(&format!("GET / HTTP/1.1\r\nhost: x\r\n{many}\r\n"), false)
            .await
            .starts_with("HTTP/1.1 431 ")
    );
}

#[tokio::test]
async fn a_connection_with_half_a_request_is_closed() {
    let app = TestApp::start(&["--header-timeout", "200ms"]);
    app.exchange("GET /images HTTP/1.1\r\nhost:", false).await;
    assert_eq!(
        app.registry()
            .sum("cloudnative_requests_accepted_total", &[]),
        0.0
    );
}

#[tokio::test]
async fn bytes_that_are_not_http_are_refused_and_not_counted() {
    let app = TestApp::start(&[]);
    assert!(
        app.exchange("what is the time?\r\n\r\n", false)
            .await
            .starts_with("HTTP/1.1 400 ")
    );
    assert_eq!(
        app.registry()
            .sum("cloudnative_requests_accepted_total", &[]),
        0.0
    );
}

#[tokio::test]
async fn above_the_limit_in_flight_a_request_is_refused_and_told_to_retry() {
    let app = TestApp::start(&["--max-in-flight", "2", "--delay", "constant(30s)"]);
    let mut inside = Vec::new();
    for n in 1..=2 {
        let mut stream = TcpStream::connect(app.address).await.unwrap();
        stream
            .write_all(b"GET /images HTTP/1.1\r\nhost: x\r\n\r\n")
            .await
            .unwrap();
        inside.push(stream);
        app.registry_until("it is in", |registry| {
            registry.sum("cloudnative_requests_accepted_total", &[]) == f64::from(n)
        })
        .await;
    }
    let answer = app.get("/images").await;
    assert_eq!(answer.status(), 503);
    assert_eq!(answer.headers()["retry-after"], "1");
    assert_eq!(
        app.get("/healthz").await.status(),
        200,
        "probes are not refused"
    );
    let registry = app.registry();
    assert_eq!(
        registry.sum(
            "cloudnative_requests_rejected_total",
            &[("reason", "max_in_flight")]
        ),
        1.0
    );
    assert_eq!(
        registry.sum("cloudnative_requests_accepted_total", &[]),
        2.0
    );
    drop(inside);
    app.registry_until("they have left", |registry| {
        registry.sum("http_server_active_requests", &[]) == 0.0
    })
    .await;
    assert_eq!(app.get("/").await.status(), 200, "there is room again");
}

#[tokio::test]
async fn fifteen_thousand_short_connections_leak_nothing() {
    httpserver::cli::file_limit::raise();
    let app = TestApp::start(&["--delay", "constant(0s)"]);
    for _ in 0..30 {
        let mut open = Vec::new();
        for _ in 0..500 {
            open.push(TcpStream::connect(app.address).await.unwrap());
        }
    }
    assert_eq!(app.get("/images").await.status(), 200);
    app.registry_until("descriptors are given back", |registry| {
        registry.sum("process_open_fds", &[]) < 1000.0
    })
    .await;
}

#[tokio::test]
async fn an_idle_connection_is_closed_and_a_delayed_answer_is_not_idle() {
    let app = TestApp::start(&["--header-timeout", "200ms"]);
    for path in [
        "/healthz",
        "/images?delay=constant(1ms)",
        "/images?delay=constant(600ms)",
    ] {
        let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n");
        let answer = app.exchange(&request, false).await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{path}: {answer}");
    }
}
