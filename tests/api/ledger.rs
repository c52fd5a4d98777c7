//! The ledger: accepted = completed + cancelled once idle, and never less in between.

use std::time::Duration;

use rand::{RngExt, SeedableRng, rngs::SmallRng};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{app::TestApp, scrape::Scrape};

const LATENCY: &str = "cloudnative_execution_latency_seconds";

fn ledger(scrape: &Scrape) -> (f64, f64, f64) {
    let count = |step| scrape.sum(&format!("{LATENCY}_count"), &[("step", step)]);
    let accepted = scrape.sum("cloudnative_requests_accepted_total", &[]);
    (accepted, count("total"), count("cancelled"))
}

fn is_idle(scrape: &Scrape) -> bool {
    scrape.sum("http_server_active_requests", &[]) == 0.0
}

#[tokio::test]
async fn a_client_that_leaves_is_counted_with_the_time_it_stayed() {
    let app = TestApp::start(&["--delay", "constant(10s)"]);
    let mut stream = TcpStream::connect(app.address).await.unwrap();
    stream
        .write_all(b"GET /images HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .unwrap();
    app.registry_until("a request is in flight", |registry| {
        ledger(registry).0 == 1.0
    })
    .await;
    drop(stream);
    let registry = app
        .registry_until("it is cancelled", |registry| ledger(registry).2 == 1.0)
        .await;
    assert_eq!(ledger(&registry), (1.0, 0.0, 1.0));
    let stayed = registry.sum(&format!("{LATENCY}_sum"), &[("step", "cancelled")]);
    assert!(stayed > 0.0 && stayed < 10.0, "{stayed}");
    let labels = [("error_type", "cancelled"), ("http_route", "/images")];
    assert_eq!(
        registry.sum("http_server_request_duration_seconds_count", &labels),
        1.0
    );
    assert_eq!(
        registry.series(
            "http_server_request_duration_seconds_count",
            &[("http_response_status_code", "200")]
        ),
        0
    );
}

#[tokio::test]
async fn the_ledger_balances_after_a_thousand_clients_that_come_and_go() {
    let app = TestApp::start(&["--delay", "uniform(0s,200ms)", "--seed", "1"]);
    let mut rng = SmallRng::seed_from_u64(1);
    let mut clients = tokio::task::JoinSet::new();
    for _ in 0..1000 {
        let (address, stays) = (
            app.address,
            Duration::from_micros(rng.random_range(0..250_000)),
        );
        let cut = rng.random_range(0..3);
        clients.spawn(visit(address, stays, cut));
        if rng.random_bool(0.1) {
            let (accepted, completed, cancelled) = ledger(&app.registry());
            assert!(
                accepted >= completed + cancelled,
                "{accepted} < {completed} + {cancelled}"
            );
            tokio::task::yield_now().await;
        }
    }
    let mut answered = 0;
    while let Some(got) = clients.join_next().await {
        answered += u32::from(got.unwrap());
        let (accepted, completed, cancelled) = ledger(&app.registry());
        assert!(
            accepted >= completed + cancelled,
            "{accepted} < {completed} + {cancelled}"
        );
    }
    let idle = app.registry_until("nothing is in flight", is_idle).await;
    let (accepted, completed, cancelled) = ledger(&idle);
    assert_eq!(accepted, completed + cancelled, "{idle}");
    assert!(
        completed >= f64::from(answered) && cancelled > 0.0,
        "{completed} {cancelled} {answered}"
    );
}

/// Sends a request, and leaves after a while: by a close, by a reset, or not before the answer. True when it got an
/// answer.
async fn visit(address: std::net::SocketAddr, stays: Duration, cut: u8) -> bool {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream
        .write_all(b"GET /images HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .unwrap();
    let mut answer = [0; 16];
    match cut {
        0 => stream.read(&mut answer).await.is_ok_and(|read| read > 0),
        cut => {
            let got = tokio::time::timeout(stays, stream.read(&mut answer)).await;
            if cut == 1 {
                stream.set_zero_linger().unwrap();
            }
            got.is_ok_and(|read| read.is_ok_and(|read| read > 0))
        }
    }
}
