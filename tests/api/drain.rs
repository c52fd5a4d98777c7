//! Drain: unready, no new connections, everything in flight answered.

use std::{
    io::{Read, Write},
    time::Duration,
};

use tokio::{io::AsyncWriteExt, net::TcpStream, time::timeout};

use crate::app::{DEADLINE, TestApp};

#[tokio::test]
async fn every_request_in_flight_is_answered() {
    let app = TestApp::start(&["--delay", "uniform(300ms,600ms)"]);
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
    let app = TestApp::start(&["--drain-delay", "30s", "--delay", "constant(0s)"]);
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
    let app = TestApp::start(&["--delay", "constant(30s)", "--grace", "100ms"]);
    let asked = tokio::spawn(app.client.get(app.url("/images")).send());
    app.registry_until("it is in flight", |registry| {
        registry.sum("cloudnative_requests_accepted_total", &[]) == 1.0
    })
    .await;
    assert!(!timeout(DEADLINE, app.stop()).await.unwrap().unwrap());
    drop(asked);
}

#[tokio::test]
async fn half_a_head_is_not_in_flight_and_does_not_hold_the_drain() {
    let app = TestApp::start(&["--grace", "10m", "--header-timeout", "10m"]);
    let mut stream = TcpStream::connect(app.address).await.unwrap();
    stream
        .write_all(b"GET /images HTTP/1.1\r\nhost:")
        .await
        .unwrap();
    assert_eq!(app.get("/healthz").await.status(), 200); // the head above has been read, or will be
    let running = app.stop();
    let drained = timeout(DEADLINE, running).await;
    assert!(
        drained.expect("it ends before --grace").unwrap(),
        "nothing was in flight"
    );
}

#[tokio::test]
async fn connections_that_wait_to_be_accepted_are_served() {
    let app = TestApp::start(&["--delay", "constant(0s)", "--drain-delay", "0s"]);
    let mut clients = Vec::new();
    for _ in 0..200 {
        // One thread runs the test and the service: nothing is accepted before the next await that is not ready.
        let stream = std::net::TcpStream::connect(app.address).unwrap();
        (&stream)
            .write_all(b"GET /images HTTP/1.1\r\nhost: x\r\n\r\n")
            .unwrap();
        clients.push(stream);
    }
    let running = app.stop();
    assert!(timeout(DEADLINE, running).await.unwrap().unwrap());
    for mut stream in clients {
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    }
}

fn ask(mut stream: &std::net::TcpStream) {
    let request = b"GET /images HTTP/1.1\r\nhost: x\r\n\r\n";
    stream.write_all(request).unwrap();
}

#[tokio::test]
async fn a_request_on_its_way_on_an_idle_connection_is_answered() {
    let app = TestApp::start(&["--delay", "constant(0s)", "--drain-delay", "0s"]);
    let clients: Vec<_> = (0..50)
        .map(|_| std::net::TcpStream::connect(app.address).unwrap())
        .collect();
    clients.iter().for_each(ask);
    app.registry_until("every connection was used", |registry| {
        registry.sum(
            "cloudnative_execution_latency_seconds_count",
            &[("step", "total")],
        ) == 50.0
    })
    .await;
    let running = app.stop();
    clients.iter().for_each(ask); // not read before the next await
    assert!(timeout(DEADLINE, running).await.unwrap().unwrap());
    for mut client in clients {
        let mut answers = String::new();
        client.read_to_string(&mut answers).unwrap();
        assert_eq!(answers.matches("HTTP/1.1 200 ").count(), 2, "{answers}");
        assert_eq!(answers.matches("connection: close").count(), 1, "{answers}");
    }
}
