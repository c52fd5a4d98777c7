//! Service time and response time, and what an open loop owes to both.

use std::{collections::HashSet, time::Duration};

use httpserver::{client::ClientArgs, exit::Exit, load::Arrivals};
use tokio::sync::oneshot;

use crate::{plan, run, run_until, servers};

#[tokio::test]
async fn a_stall_shows_in_the_response_time_and_not_in_the_service_time_of_one_at_a_time() {
    // One request in flight: what a closed loop would do. Requests that are due in the stall are not sent, and said so.
    let url = servers::stalling(Duration::from_millis(500), Duration::from_secs(1)).await;
    let mut one = plan(&url, 100.0, 2.5);
    one.max_in_flight = 1;
    let closed = run(&one).await;
    let slow = closed
        .sent
        .iter()
        .filter(|sent| sent.service_time() > Duration::from_millis(200))
        .count();
    assert_eq!(slow, 1, "a closed loop sees the stall once");
    assert!(
        (80..130).contains(&closed.driven.not_sent),
        "{} due in the stall",
        closed.driven.not_sent
    );

    // An open loop has about a hundred requests in the queue of the stall: each waited.
    let url = servers::stalling(Duration::from_millis(500), Duration::from_secs(1)).await;
    let open = run(&plan(&url, 100.0, 2.5)).await;
    let waited = open
        .sent
        .iter()
        .filter(|sent| sent.response_time() > Duration::from_millis(200))
        .count();
    assert!(
        (60..110).contains(&waited),
        "{waited} requests were due in the first 0.8 s of the stall"
    );
    assert_eq!(open.driven.not_sent, 0);
}

#[tokio::test]
async fn response_time_counts_from_the_due_instant() {
    let url = servers::delayed(Duration::from_millis(20), 200).await;
    let run = run(&plan(&url, 200.0, 1.0)).await;
    for sent in &run.sent {
        assert_eq!(sent.response_time(), sent.service_time() + sent.lateness());
        assert!(sent.service_time() >= Duration::from_millis(20));
        assert!(sent.sent >= sent.due, "never early");
    }
}

#[tokio::test]
async fn all_that_is_due_is_sent_and_answered() {
    let url = servers::delayed(Duration::ZERO, 200).await;
    let run = run(&plan(&url, 250.0, 1.0)).await;
    assert_eq!((run.driven.intended, run.driven.sent), (250, 250));
    assert_eq!(run.report["statuses"]["200"], 250);
    assert_eq!(run.report["bytes"], 250 * 10);
    assert_eq!(run.exit, Exit::Good);
}

#[tokio::test]
async fn every_request_has_a_traceparent_of_its_own() {
    let url = servers::delayed(Duration::ZERO, 200).await;
    let mut plan = plan(&url, 500.0, 1.0);
    plan.arrivals = Arrivals::Poisson;
    plan.sampled_ratio = 0.5;
    let run = run(&plan).await;
    let distinct: HashSet<_> = run.sent.iter().map(|sent| sent.identity).collect();
    assert_eq!(distinct.len(), run.sent.len());
    let sampled = run.sent.iter().filter(|sent| sent.sampled).count() * 100 / run.sent.len();
    assert!((30..70).contains(&sampled), "{sampled} % at a ratio of 0.5");
}

#[tokio::test]
async fn a_stop_ends_sending_and_what_is_in_flight_is_still_answered() {
    let url = servers::delayed(Duration::from_millis(400), 200).await;
    let mut endless = plan(&url, 100.0, 1.0);
    endless.duration = None;
    let (stop, stopped) = oneshot::channel::<()>();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(300)).await;
        drop(stop);
    });
    let run = run_until(&endless, &ClientArgs::default(), async {
        drop(stopped.await);
    })
    .await;
    assert!(run.driven.sent > 10, "{}", run.driven.sent);
    assert_eq!(run.report["answered"], run.driven.sent);
    assert!(run.driven.sending < run.driven.elapsed);
    assert_eq!(run.exit, Exit::Good);
}

#[tokio::test]
async fn what_is_due_above_the_limit_is_counted_and_not_hidden() {
    let url = servers::delayed(Duration::from_millis(500), 200).await;
    let mut few = plan(&url, 100.0, 1.0);
    few.max_in_flight = 5;
    let run = run(&few).await;
    assert_eq!(run.driven.intended, 100);
    assert_eq!(run.driven.sent + run.driven.not_sent, 100);
    assert!((5..=15).contains(&run.driven.sent), "{}", run.driven.sent);
    assert_eq!(run.exit, Exit::Failed);
}
