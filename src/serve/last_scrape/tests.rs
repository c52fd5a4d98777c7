//! Who is waited for, and how long, on a simulated clock.

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, advance};

use super::scrapers::{Connection, Scrapers};
use crate::{
    instruments::{HttpRequest, Instruments, MetricArgs, Outcome},
    serve::SERVICE,
    telemetry::Telemetry,
};

const GRACE: Duration = Duration::from_secs(15);

struct Service {
    scrapers: Arc<Scrapers>,
    instruments: Instruments,
}

impl Service {
    fn new(grace: Duration) -> Self {
        let recorder = Telemetry::unexported(SERVICE).unwrap().metrics.recorder();
        let instruments = Instruments::new(&recorder, &MetricArgs::named("x"));
        let scrapers = Scrapers::new(grace, &instruments.http);
        Self {
            scrapers,
            instruments,
        }
    }

    /// One that a client scrapes every so many seconds.
    async fn scraped_every(interval: f64) -> (Self, Arc<Connection>) {
        let service = Self::new(GRACE);
        let client = service.client("10.0.0.1:1000");
        scrape_every(&client, seconds(interval)).await;
        (service, client)
    }

    fn answer(&self) {
        let request = HttpRequest {
            method: "GET",
            route: None,
        };
        let http = &self.instruments.http;
        http.enter("GET");
        http.leave(request, Outcome::Status(200), false, Duration::ZERO, None);
    }

    fn client(&self, peer: &str) -> Arc<Connection> {
        self.scrapers.connection(peer.parse().unwrap())
    }

    /// How long it waits, while each client scrapes after its time.
    async fn waits(&self, scrapes: &[(&Arc<Connection>, Duration)]) -> Duration {
        let began = Instant::now();
        let coming = scrapes.iter().map(async |(client, after)| {
            tokio::time::sleep(*after).await;
            scrape(client);
        });
        let coming = futures_util::future::join_all(coming);
        tokio::select! {
            biased;
            () = self.scrapers.read_the_last() => {}
            () = async { coming.await; std::future::pending().await } => {}
        }
        began.elapsed()
    }
}

fn scrape(client: &Arc<Connection>) {
    Arc::clone(client).begin("Prometheus").end();
}

async fn scrape_every(client: &Arc<Connection>, interval: Duration) {
    for _ in 0..3 {
        scrape(client);
        advance(interval).await;
    }
}

fn seconds(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

/// Timers have a resolution of 1 ms.
fn assert_about(waited: Duration, expected: f64) {
    let waited = waited.as_secs_f64();
    assert!((waited - expected).abs() < 0.003, "{waited} s");
}

#[tokio::test(start_paused = true)]
async fn without_a_scraper_nothing_is_waited_for() {
    let service = Service::new(GRACE);
    service.answer();
    assert!(!service.scrapers.are_expected());
    assert_about(service.waits(&[]).await, 0.0);
}

#[tokio::test(start_paused = true)]
async fn the_next_scrape_ends_the_wait() {
    let (service, client) = Service::scraped_every(5.0).await;
    service.answer();
    assert!(service.scrapers.are_expected());
    let waited = service.waits(&[(&client, seconds(2.0))]).await;
    assert_about(waited, 2.0);
    // What all have read is not waited for.
    assert_about(service.waits(&[]).await, 0.0);
}

#[tokio::test(start_paused = true)]
async fn a_scrape_that_began_before_the_last_answer_does_not_count() {
    let (service, client) = Service::scraped_every(5.0).await;
    let under_way = Arc::clone(&client).begin("Prometheus");
    service.answer();
    under_way.end();
    let waited = service.waits(&[(&client, seconds(4.0))]).await;
    assert_about(waited, 4.0);
}

#[tokio::test(start_paused = true)]
async fn a_scrape_that_breaks_off_does_not_count() {
    let (service, client) = Service::scraped_every(5.0).await;
    service.answer();
    drop(Arc::clone(&client).begin("Prometheus"));
    assert_about(service.waits(&[]).await, 7.5);
}

#[tokio::test(start_paused = true)]
async fn each_is_waited_for_a_little_longer_than_its_own_interval() {
    let service = Service::new(GRACE);
    let [often, rarely] = ["10.0.0.1:1000", "10.0.0.2:1000"].map(|peer| service.client(peer));
    scrape_every(&often, seconds(1.0)).await;
    scrape_every(&rarely, seconds(10.0)).await;
    service.answer();
    let waited = service.waits(&[(&rarely, seconds(8.0))]).await;
    assert_about(waited, 8.0); // the other one is gone
    let (service, _) = Service::scraped_every(10.0).await;
    service.answer();
    assert_about(service.waits(&[]).await, 12.5);
}

#[tokio::test(start_paused = true)]
async fn nobody_is_waited_for_longer_than_the_grace_or_after_five_minutes() {
    let (service, client) = Service::scraped_every(60.0).await;
    service.answer();
    assert_about(service.waits(&[]).await, 15.0);
    let once = service.client("10.0.0.2:1000");
    scrape(&once);
    service.answer();
    assert_about(service.waits(&[(&client, seconds(1.0))]).await, 15.0);
    advance(seconds(301.0)).await;
    assert!(!service.scrapers.are_expected());
    assert_about(service.waits(&[]).await, 0.0);
}

#[tokio::test(start_paused = true)]
async fn without_a_grace_nobody_is_expected() {
    let service = Service::new(Duration::ZERO);
    scrape(&service.client("10.0.0.1:1000"));
    assert!(!service.scrapers.are_expected());
}

#[tokio::test(start_paused = true)]
async fn two_at_one_address_are_told_apart_by_their_connections() {
    let service = Service::new(GRACE);
    let [one, other] = ["10.0.0.1:1000", "10.0.0.1:2000"].map(|peer| service.client(peer));
    for _ in 0..3 {
        scrape(&one);
        scrape(&other);
        advance(seconds(5.0)).await;
    }
    service.answer();
    let scrapes = [(&one, seconds(1.0)), (&other, seconds(3.0))];
    assert_about(service.waits(&scrapes).await, 3.0);
}

#[tokio::test(start_paused = true)]
async fn two_that_connect_again_each_time_are_told_apart_by_when_they_are_due() {
    let service = Service::new(GRACE);
    // Every 2 s and every 5 s, first on connections that stay open.
    let both = ["10.0.0.1:1", "10.0.0.1:2"].map(|peer| service.client(peer));
    let intervals = [2, 5];
    let mut both = Some(both);
    for second in 0..40_u16 {
        if second == 20 {
            both = None;
        }
        for (n, interval) in intervals.iter().enumerate() {
            if second % interval == 0 {
                let open = both.as_ref().map(|both| Arc::clone(&both[n]));
                let peer = format!("10.0.0.1:{}", 100 * second + interval);
                scrape(&open.unwrap_or_else(|| service.client(&peer)));
            }
        }
        advance(seconds(1.0)).await;
    }
    service.answer();
    let [often, rarely] = ["10.0.0.1:1", "10.0.0.1:2"].map(|peer| service.client(peer));
    let scrapes = [(&often, seconds(0.0)), (&rarely, seconds(0.0))];
    assert_about(service.waits(&scrapes[..1]).await, 7.5);
    assert_about(service.waits(&scrapes).await, 0.0);
}

#[tokio::test(start_paused = true)]
async fn one_that_connects_again_is_the_same() {
    let service = Service::new(GRACE);
    for port in 1000..1003 {
        scrape(&service.client(&format!("10.0.0.1:{port}")));
        advance(seconds(5.0)).await;
    }
    service.answer();
    let client = service.client("[::ffff:10.0.0.1]:1003");
    let waited = service.waits(&[(&client, seconds(2.0))]).await;
    assert_about(waited, 2.0);
}
