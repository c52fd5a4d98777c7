//! The exposition, and that it equals what the answers reported.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use httpserver::{buckets::Buckets, contract::ServerTiming};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::app::TestApp;

const LATENCY: &str = "cloudnative_execution_latency_seconds";

#[tokio::test]
async fn names_types_help_bounds_and_labels_are_those_of_the_contract() {
    let app = TestApp::start(&["--delay", "constant(0s)", "--seed", "1"]);
    app.get("/images").await;
    app.get("/").await;
    let text = app.text("/metrics").await;
    insta::assert_snapshot!(without_values(&text));
}

/// A scrape with its values, ids and versions replaced, one line per sample.
fn without_values(text: &str) -> String {
    let without_value = |line: &str| match line.rsplit_once(' ') {
        Some((series, _)) if !line.starts_with('#') => format!("{series} N"),
        _ => line.to_owned(),
    };
    let lines: Vec<_> = text.lines().map(without_value).collect();
    let shape = lines
        .join("\n")
        .replace(env!("CARGO_PKG_VERSION"), "VERSION");
    match shape.split_once("service_instance_id=\"") {
        Some((before, after)) => format!("{before}service_instance_id=\"ID{}", &after[36..]),
        None => shape,
    }
}

#[tokio::test]
async fn every_series_of_the_latency_is_there_before_the_first_request() {
    let app = TestApp::start(&[]);
    let scrape = app.scrape().await;
    for step in ["delay", "total", "cancelled"] {
        let buckets = scrape.buckets(LATENCY, &[("step", step)]);
        assert_eq!(buckets.len(), 16, "{step}");
        assert!(buckets.iter().all(|(_, count)| *count == 0.0));
    }
    for counter in [
        "cloudnative_requests_accepted_total",
        "cloudnative_delay_overrides_total",
        "cloudnative_requests_rejected_total",
    ] {
        assert_eq!(scrape.series(counter, &[]), 1, "{counter}");
    }
}

#[tokio::test]
async fn each_bucket_holds_exactly_the_totals_that_the_answers_reported() {
    let app = TestApp::start(&["--delay", "uniform(0s,100ms)", "--seed", "1"]);
    let answers = join_all((0..300).map(|_| app.get("/images"))).await;
    let totals = answers.iter().map(|answer| {
        let said: ServerTiming = answer.headers()["server-timing"]
            .to_str()
            .unwrap()
            .parse()
            .unwrap();
        said.total.unwrap()
    });
    let bounds = Buckets::default();
    let mut expected: BTreeMap<usize, f64> = BTreeMap::new();
    let mut sum = 0.0;
    for total in totals {
        *expected
            .entry(bounds.index(total.as_secs_f64()))
            .or_default() += 1.0;
        sum += total.as_secs_f64();
    }
    let scrape = app.scrape().await;
    let mut below = 0.0;
    for (index, (_, cumulative)) in scrape
        .buckets(LATENCY, &[("step", "total")])
        .into_iter()
        .enumerate()
    {
        let count = expected.get(&index).copied().unwrap_or_default();
        assert_eq!(cumulative - below, count, "bucket {index}\n{scrape}");
        below = cumulative;
    }
    let reported = scrape.sum(&format!("{LATENCY}_sum"), &[("step", "total")]);
    assert!((reported - sum).abs() <= 1e-9 * sum, "{reported} {sum}");
}

#[tokio::test]
async fn a_namespace_and_bounds_can_be_chosen() {
    let app = TestApp::start(&[
        "--namespace",
        "shop",
        "--buckets",
        "0.1,0.5,2",
        "--delay",
        "constant(0s)",
    ]);
    app.get("/images").await;
    let scrape = app.scrape().await;
    let bounds: Vec<_> = scrape
        .buckets("shop_execution_latency_seconds", &[("step", "total")])
        .iter()
        .map(|b| b.0)
        .collect();
    assert_eq!(bounds, [0.1, 0.5, 2.0, f64::INFINITY]);
    assert_eq!(scrape.sum("shop_requests_accepted_total", &[]), 1.0);
    assert!(!scrape.to_string().contains("cloudnative"), "{scrape}");
}

#[tokio::test]
async fn a_client_that_accepts_gzip_gets_it() {
    let app = TestApp::start(&[]);
    let request = app
        .client
        .get(app.url("/metrics"))
        .header("accept-encoding", "gzip");
    let answer = request.send().await.unwrap();
    assert_eq!(answer.headers()["content-encoding"], "gzip");
    assert_eq!(
        answer.headers()["content-type"],
        "text/plain; version=0.0.4; charset=utf-8"
    );
    assert_eq!(answer.bytes().await.unwrap()[..2], [0x1f, 0x8b]);
    assert!(app.text("/metrics").await.starts_with("# HELP"));
}

#[tokio::test]
async fn metrics_can_have_an_address_of_their_own() {
    let app = TestApp::start(&["--metrics-listen", "127.0.0.1:0"]);
    assert_eq!(app.get("/metrics").await.status(), 404);
    let own = format!("http://{}/metrics", app.metrics_address.unwrap());
    let answer = app.client.get(&own).send().await.unwrap();
    assert!(answer.text().await.unwrap().contains(LATENCY));
}

#[tokio::test]
async fn a_hundred_thousand_paths_and_methods_make_no_series() {
    let app = TestApp::start(&[]);
    let mut stream = TcpStream::connect(app.address).await.unwrap();
    let (mut reader, mut writer) = stream.split();
    let mut ask = async |from: u32, to: u32| {
        let requests = (from..to).map(|n| format!("M{n} /path/{n} HTTP/1.1\r\nhost: x\r\n\r\n"));
        let requests: String = requests.collect();
        let (written, ()) = tokio::join!(writer.write_all(requests.as_bytes()), async {
            let mut answered = 0;
            let mut buffer = vec![0; 64 * 1024];
            let mut tail = Vec::new();
            while answered < to - from {
                let read = reader.read(&mut buffer).await.unwrap();
                assert!(read > 0, "closed after {answered}");
                tail.extend_from_slice(&buffer[..read]);
                answered += count(&tail);
                tail = tail.split_off(tail.len() - tail.len().min(8));
            }
        });
        written.unwrap();
    };
    ask(0, 10).await;
    let before = app.registry().len();
    ask(10, 100_000).await;
    let after = app.registry();
    assert_eq!(after.len(), before, "{after}");
    assert_eq!(
        after.sum(
            "http_server_request_duration_seconds_count",
            &[("http_request_method", "_OTHER")]
        ),
        100_000.0
    );
}

/// Status lines in what has been read; a piece of one at the end is left for later.
fn count(bytes: &[u8]) -> u32 {
    u32::try_from(
        bytes
            .windows(9)
            .filter(|window| *window == b"HTTP/1.1 ")
            .count(),
    )
    .unwrap()
}
