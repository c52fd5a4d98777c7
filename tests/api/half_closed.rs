//! A client that has closed its sending side still gets its answer; one that has left is counted as cancelled.

use std::time::Duration;

use tokio::{io::AsyncWriteExt, net::TcpStream};

use crate::app::TestApp;

/// Sends a request and a FIN at once, and reads until the connection is closed.
async fn half_closed(app: &TestApp, path: &str, version: &str) -> String {
    let request = format!("GET {path} HTTP/{version}\r\nhost: x\r\n\r\n");
    app.exchange(&request, true).await
}

#[tokio::test(flavor = "multi_thread")]
async fn probes_scrapes_and_requests_of_half_closed_clients_are_answered() {
    let app = TestApp::start(&["--delay", "uniform(0s,50ms)"]);
    for _ in 0..20 {
        for path in [
            "/healthz",
            "/",
            "/metrics",
            "/truth",
            "/images",
            "/images?delay=constant(0s)",
        ] {
            for version in ["1.0", "1.1"] {
                let answer = half_closed(&app, path, version).await;
                let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
                let expected = format!("HTTP/{version} 200 OK\r\n");
                assert!(answer.starts_with(&expected), "{path}: {answer:?}");
                let length = head
                    .lines()
                    .find_map(|line| line.strip_prefix("content-length: "));
                assert_eq!(length.unwrap().parse(), Ok(body.len()), "{path}: {answer}");
            }
        }
    }
    let registry = app.registry();
    let count = |step| {
        registry.sum(
            "cloudnative_execution_latency_seconds_count",
            &[("step", step)],
        )
    };
    assert_eq!((count("total"), count("cancelled")), (80.0, 0.0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_left_a_delayed_request_is_cancelled_before_its_delay_is_over() {
    let app = TestApp::start(&["--delay", "constant(30s)"]);
    for n in 1..=10 {
        let mut stream = TcpStream::connect(app.address).await.unwrap();
        let request = b"GET /images HTTP/1.1\r\nhost: x\r\n\r\n";
        stream.write_all(request).await.unwrap();
        app.registry_until("it is accepted", |registry| {
            registry.sum("cloudnative_requests_accepted_total", &[]) == f64::from(n)
        })
        .await;
        drop(stream);
        app.registry_until("it is cancelled", |registry| {
            let cancelled = [("step", "cancelled")];
            registry.sum("cloudnative_execution_latency_seconds_count", &cancelled) == f64::from(n)
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_half_closed_client_is_not_cancelled_while_it_waits() {
    let app = TestApp::start(&["--delay", "constant(600ms)"]);
    let answer = half_closed(&app, "/images", "1.1").await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer:?}");
    assert!(answer.ends_with("<h1>600</h1>"), "{answer:?}");
    let total = app.registry().sum(
        "cloudnative_execution_latency_seconds_sum",
        &[("step", "total")],
    );
    assert!(total >= Duration::from_millis(600).as_secs_f64(), "{total}");
}
