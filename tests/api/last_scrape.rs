//! At the end `/metrics` stays up for those who scrape it, and for nothing else.

use std::time::Duration;

use tokio::time::timeout;

use crate::app::{DEADLINE, TestApp};

async fn scrape(app: &TestApp) -> String {
    let request = app.client.get(app.url("/metrics"));
    let request = request.header("x-prometheus-scrape-timeout-seconds", "10");
    request.send().await.unwrap().text().await.unwrap()
}

fn flags() -> [&'static str; 4] {
    ["--delay", "constant(0s)", "--scrape-grace", "10m"]
}

#[tokio::test]
async fn until_the_last_scrape_metrics_and_probes_answer_and_nothing_else_does() {
    let app = TestApp::start(&flags());
    scrape(&app).await;
    app.get("/images").await;
    let [metrics, images, health, ready] =
        ["/metrics", "/images", "/healthz", "/readyz"].map(|path| app.url(path));
    let client = app.client.clone();
    let mut running = app.stop();
    let ends = async {
        while client.get(&images).send().await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(DEADLINE, ends).await.expect("/images ends");
    assert_eq!(client.get(&health).send().await.unwrap().status(), 200);
    assert_eq!(client.get(&ready).send().await.unwrap().status(), 503);
    // A client that is not a scraper does not end the wait.
    assert_eq!(client.get(&metrics).send().await.unwrap().status(), 200);
    assert!(!running.is_finished());
    let last = client.get(&metrics);
    let last = last.header("x-prometheus-scrape-timeout-seconds", "10");
    let last = last.send().await.unwrap().text().await.unwrap();
    assert!(last.contains("cloudnative_requests_accepted_total"));
    assert!(timeout(DEADLINE, &mut running).await.unwrap().unwrap());
    assert!(client.get(&metrics).send().await.is_err());
}

#[tokio::test]
async fn without_a_scraper_or_without_anything_new_it_ends_at_once() {
    for has_scraper in [false, true] {
        let app = TestApp::start(&flags());
        app.get("/images").await;
        if has_scraper {
            scrape(&app).await;
        } else {
            app.scrape().await;
        }
        // Shorter than the grace.
        assert!(timeout(DEADLINE, app.stop()).await.unwrap().unwrap());
    }
}

#[tokio::test]
async fn a_request_in_flight_is_answered_and_scraped() {
    let app = TestApp::start(&["--delay", "constant(1s)", "--scrape-grace", "10m"]);
    scrape(&app).await;
    let asked = tokio::spawn(app.client.get(app.url("/images")).send());
    app.registry_until("it is in flight", |registry| {
        registry.sum("cloudnative_requests_accepted_total", &[]) == 1.0
    })
    .await;
    let (client, metrics) = (app.client.clone(), app.url("/metrics"));
    let running = app.stop();
    assert_eq!(asked.await.unwrap().unwrap().status(), 200);
    let request = client.get(&metrics);
    let request = request.header("x-prometheus-scrape-timeout-seconds", "10");
    let last = request.send().await.unwrap().text().await.unwrap();
    let count = r#"cloudnative_execution_latency_seconds_count{step="total"} 1"#;
    assert!(last.contains(count), "{last}");
    assert!(timeout(DEADLINE, running).await.unwrap().unwrap());
}
