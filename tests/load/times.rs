//! Service time and response time under stalls, limits and stops: the open loop avoids coordinated omission.

use std::{collections::HashSet, future::pending, time::Duration};

use httpserver::{
    client::{Client, ClientArgs},
    clock::Clock,
    exit::Exit,
    load::{Arrivals, Driven, Sent, drive},
};

use crate::{plan, run, run_until, servers};

const STALL: Duration = Duration::from_secs(2);
/// Half of the stall: far above what an answer takes on a busy machine.
const SLOW: Duration = Duration::from_secs(1);

fn slow(sent: &[Sent], time: impl Fn(&Sent) -> Duration) -> usize {
    sent.iter().filter(|sent| time(sent) > SLOW).count()
}

#[tokio::test]
async fn response_time_shows_the_queue_of_a_stall_and_service_time_does_not() {
    let url = servers::stalling(Duration::from_millis(500), STALL).await;
    let mut one_at_a_time = plan(&url, 100.0, 2.5);
    one_at_a_time.max_in_flight = 1;
    let run = run(&one_at_a_time).await;
    assert_eq!(
        slow(&run.sent, Sent::service_time),
        1,
        "only one was in the stall"
    );
    let waited = slow(&run.sent, Sent::response_time);
    // 100 are due in the first half of the stall; on a busy machine the queue takes a while to shrink.
    assert!((90..=200).contains(&waited), "{waited} waited");
    assert_eq!((run.driven.sent, run.driven.not_sent), (250, 0));
    let p90 = |time| run.report[time]["p90"].as_f64().unwrap();
    assert!(p90("response_time") > 0.5, "{}", run.report);
    assert!(p90("service_time") < 0.2, "{}", run.report);
}

#[tokio::test]
async fn requests_are_sent_during_a_stall() {
    let url = servers::stalling(Duration::from_millis(500), STALL).await;
    let run = run(&plan(&url, 100.0, 2.5)).await;
    let waited = slow(&run.sent, Sent::service_time);
    assert!(
        (90..=200).contains(&waited),
        "{waited} were sent into the stall"
    );
    assert_eq!(
        slow(&run.sent, Sent::lateness),
        0,
        "{}",
        run.report["lateness"]
    );
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
async fn every_due_request_is_sent_and_answered() {
    let url = servers::delayed(Duration::ZERO, 200).await;
    let run = run(&plan(&url, 250.0, 1.0)).await;
    assert_eq!((run.driven.intended, run.driven.sent), (250, 250));
    assert_eq!(run.report["statuses"]["200"], 250);
    assert_eq!(run.report["bytes"], 250 * 10);
    assert_eq!(run.exit, Exit::Good);
}

#[tokio::test]
async fn every_request_has_its_own_traceparent() {
    let url = servers::delayed(Duration::ZERO, 200).await;
    let mut plan = plan(&url, 500.0, 1.0);
    plan.arrivals = Arrivals::Poisson;
    plan.sampled_ratio = 0.5;
    let run = run(&plan).await;
    let distinct: HashSet<_> = run.sent.iter().map(|sent| sent.trace_context).collect();
    assert_eq!(distinct.len(), run.sent.len());
    let sampled = run.sent.iter().filter(|sent| sent.sampled).count() * 100 / run.sent.len();
    assert!((30..70).contains(&sampled), "{sampled} % at a ratio of 0.5");
}

#[tokio::test]
async fn after_a_stop_requests_in_flight_are_still_answered() {
    let (url, mut arrived) = servers::counting(Duration::from_millis(400)).await;
    let mut endless = plan(&url, 0.5, 1.0);
    endless.duration = None;
    let stop = async {
        arrived.wait_for(|count| *count == 3).await.unwrap();
    };
    let run = run_until(&endless, &ClientArgs::default(), stop).await;
    // The next one is due two seconds after the third.
    assert_eq!((run.driven.sent, run.driven.not_sent), (3, 0));
    assert_eq!(run.report["answered"], 3);
    assert!(run.driven.sending < run.driven.elapsed);
    assert_eq!(run.exit, Exit::Good);
}

#[tokio::test]
async fn a_request_dropped_at_max_in_flight_is_counted() {
    let url = servers::delayed(Duration::from_millis(300), 200).await;
    let mut few = plan(&url, 100.0, 1.0);
    few.max_in_flight = 5;
    let short_timeout = ClientArgs {
        timeout: Duration::from_millis(600),
        ..ClientArgs::default()
    };
    let run = run_until(&few, &short_timeout, pending()).await;
    let Driven {
        intended,
        sent,
        not_sent,
        ..
    } = run.driven;
    assert_eq!((intended, sent + not_sent), (100, 100));
    // Five every 300 ms, for one second plus the timeout of 600 ms.
    assert!((10..=35).contains(&sent), "{sent}");
    assert_eq!(run.sent.len() as u64, sent);
    let latest = run.sent.iter().map(Sent::lateness).max().unwrap();
    assert!(latest > Duration::from_millis(300), "{latest:?}");
    assert_eq!(run.report["intended_rate"], 100.0);
    let achieved = run.report["achieved_rate"].as_f64().unwrap();
    assert!(achieved < 36.0, "{achieved}");
    assert_eq!(run.exit, Exit::Failed);
}

#[tokio::test]
async fn a_stop_counts_waiting_requests_as_not_sent() {
    let url = servers::delayed(Duration::from_secs(3), 200).await;
    let mut endless = plan(&url, 100.0, 1.0);
    (endless.duration, endless.max_in_flight) = (None, 1);
    // Begins with the run, however long its preparation takes.
    let stop = async { tokio::time::sleep(Duration::from_millis(500)).await };
    let run = run_until(&endless, &ClientArgs::default(), stop).await;
    assert_eq!((run.driven.sent, run.sent.len()), (1, 1));
    assert_eq!(run.driven.intended, 1 + run.driven.not_sent);
    // Fifty are due until the stop; a busy machine may come late to some of them.
    let not_sent = run.driven.not_sent;
    assert!((10..=100).contains(&not_sent), "{not_sent}");
    assert_eq!(run.report["answered"], 1);
}

#[tokio::test(flavor = "current_thread")]
async fn a_delayed_sender_catches_up_without_starving_requests() {
    let url = servers::delayed(Duration::ZERO, 200).await;
    let mut plan = plan(&url, 1000.0, 1.0);
    plan.max_in_flight = 400;
    let (client, clock) = (
        Client::new(&ClientArgs::default()).unwrap(),
        Clock::start_thread().unwrap(),
    );
    let mut held_up = false;
    let sink = |_| {
        // Once, like a busy machine.
        if !std::mem::replace(&mut held_up, true) {
            std::thread::sleep(Duration::from_millis(600));
        }
    };
    let driven = drive(&plan, &client, &clock, sink, pending()).await;
    assert_eq!((driven.sent, driven.not_sent), (1000, 0), "{driven:?}");
}

#[tokio::test]
async fn the_achieved_rate_is_the_intended_rate_if_all_are_sent() {
    let url = servers::delayed(Duration::ZERO, 200).await;
    let run = run(&plan(&url, 10.0, 3.0)).await;
    assert_eq!(run.driven.sent, 30);
    let achieved = run.report["achieved_rate"].as_f64().unwrap();
    assert!((9.0..=10.0).contains(&achieved), "{achieved}");
}
