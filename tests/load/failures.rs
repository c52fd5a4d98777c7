//! Each kind of failure is classified and counted.

use std::{future::pending, time::Duration};

use httpserver::{
    client::{Client, ClientArgs, Failure},
    exit::Exit,
};

use crate::{plan, run, run_accepting, run_until, servers};

#[tokio::test]
async fn a_refused_connection_is_unreachable() {
    let run = run(&plan("http://127.0.0.1:1/images", 20.0, 0.5)).await;
    assert_eq!(run.report["failures"]["connect"]["count"], 10);
    assert_eq!(run.exit, Exit::Unreachable);
}

#[tokio::test]
async fn a_name_without_address_is_unreachable() {
    let run = run(&plan("http://no-such-name.invalid/images", 4.0, 0.5)).await;
    assert_eq!(
        run.report["failures"]["resolve"]["count"], 2,
        "{}",
        run.report
    );
    assert_eq!(run.exit, Exit::Unreachable);
}

#[tokio::test]
async fn a_slow_response_is_a_timeout() {
    let url = servers::delayed(Duration::from_secs(30), 200).await;
    let impatient = ClientArgs {
        timeout: Duration::from_secs(2),
        ..ClientArgs::default()
    };
    let run = run_until(&plan(&url, 20.0, 0.5), &impatient, pending()).await;
    assert_eq!(
        run.report["failures"]["timeout"]["count"], 10,
        "{}",
        run.report
    );
    assert_eq!(run.exit, Exit::Failed);
}

#[tokio::test]
async fn an_incomplete_response_is_a_reset() {
    for bytes in ["", "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf"] {
        let url = servers::raw(bytes).await;
        let run = run(&plan(&url, 20.0, 0.5)).await;
        assert_eq!(
            run.report["failures"]["reset"]["count"], 10,
            "{bytes}: {}",
            run.report
        );
    }
}

#[tokio::test]
async fn invalid_http_is_a_protocol_error() {
    let url = servers::raw("SSH-2.0-hello\r\n\r\n").await;
    let run = run(&plan(&url, 20.0, 0.5)).await;
    assert_eq!(
        run.report["failures"]["protocol"]["count"], 10,
        "{}",
        run.report
    );
}

#[tokio::test]
async fn a_server_error_counts_as_answered_and_fails_the_run() {
    let url = servers::delayed(Duration::ZERO, 503).await;
    let run = run(&plan(&url, 20.0, 0.5)).await;
    assert_eq!(run.report["statuses"]["503"], 10);
    assert_eq!(run.report["answered"], 10);
    assert_eq!(run.exit, Exit::Failed);
}

#[tokio::test]
async fn only_accepted_statuses_are_a_success() {
    for (status, accepted, exit) in [
        (404, "2xx", Exit::Failed),
        (301, "2xx", Exit::Failed),
        (204, "2xx", Exit::Good),
        (404, "2xx,404", Exit::Good),
        (503, "100-599", Exit::Good),
        (200, "404", Exit::Failed),
    ] {
        let url = servers::delayed(Duration::ZERO, status).await;
        let accepted = accepted.parse().unwrap();
        let run = run_accepting(&plan(&url, 20.0, 0.2), &accepted).await;
        assert_eq!(run.exit, exit, "{status} with {accepted}");
        let expected = if exit == Exit::Good { 0 } else { 4 };
        assert_eq!(run.report["not_accepted"], expected, "{}", run.report);
    }
}

#[tokio::test]
async fn without_an_answer_there_are_no_percentiles() {
    let run = run(&plan("http://127.0.0.1:1/", 20.0, 0.2)).await;
    assert_eq!(run.exit, Exit::Unreachable);
    for time in ["service_time", "response_time"] {
        for (name, value) in run.report[time].as_object().unwrap() {
            assert!(value.is_null(), "{time} {name}: {value}");
        }
    }
    assert!(run.report["lateness"]["p99"].is_number());
    let row = run
        .text
        .lines()
        .find(|row| row.starts_with("response time"));
    let cells: Vec<_> = row.unwrap().split_whitespace().skip(2).collect();
    assert_eq!(cells, ["-"; 7], "{}", run.text);
}

#[tokio::test]
async fn an_endless_body_is_refused_at_the_limit() {
    let url = servers::endless().await;
    let client = Client::new(&ClientArgs::default()).unwrap();
    let url = url.parse().unwrap();
    let error = client.fetch(&url, 100_000).await.unwrap_err();
    assert_eq!(error.failure, Failure::TooLarge(100_000));
    assert!(error.to_string().starts_with(url.as_str()), "{error}");
}
