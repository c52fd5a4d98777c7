//! Drain: unready, no new connections, everything in flight answered.

use std::time::Duration;

use tokio::{net::TcpStream, time::timeout};

use crate::app::{DEADLINE, TestApp};

#[tokio::test]
async fn every_request_in_flight_is_answered() {
    let app = TestApp::start(&["--delay", "uniform(300ms,600ms)"]).await;
    let asked: Vec<_> = (0..50)
        .map(|_| tokio::spawn(app.client.get(app.url("/images")).send()))
        .collect();
    app.registry_until("all are in flight", |registry| {
        registry.sum("cloudnative_requests_accepted_total", &[]) == 50.0
    })
    .await;
    let address = app.address;
    let running = app.stop();
    for asked in asked {
        assert_eq!(asked.await.unwrap().unwrap().status(), 200);
    }
    assert!(
        timeout(DEADLINE, running).await.unwrap().unwrap(),
        "drained"
    );
    assert!(
        TcpStream::connect(address).await.is_err(),
        "the listener is closed"
    );
}

#[tokio::test]
async fn while_draining_it_is_unready_and_still_answers() {
    let app = TestApp::start(&["--drain-delay", "30s", "--delay", "constant(0s)"]).await;
    let (client, ready, images) = (app.client.clone(), app.url("/readyz"), app.url("/images"));
    assert_eq!(app.get("/readyz").await.status(), 200);
    let running = app.stop();
    let unready = async {
        while client.get(&ready).send().await.unwrap().status() != 503 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(DEADLINE, unready)
        .await
        .expect("it becomes unready");
    let answer = client.get(&images).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["connection"], "close");
    running.abort();
}

#[tokio::test]
async fn requests_longer_than_the_grace_are_cut_off_and_reported() {
    let app = TestApp::start(&["--delay", "constant(30s)", "--grace", "100ms"]).await;
    let asked = tokio::spawn(app.client.get(app.url("/images")).send());
    app.registry_until("it is in flight", |registry| {
        registry.sum("cloudnative_requests_accepted_total", &[]) == 1.0
    })
    .await;
    assert!(!timeout(DEADLINE, app.stop()).await.unwrap().unwrap());
    drop(asked);
}
