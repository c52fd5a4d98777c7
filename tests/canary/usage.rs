//! Flags that cannot be used: refused with exit code 2, before anything is sent.

use serde_json::json;

use crate::{
    canary::Watch,
    parts::{Folder, Process, Service, absent, until},
    world::{job, prometheus, scraping, service},
};

/// The message of a refusal.
#[track_caller]
fn refused(watch: &Watch) -> String {
    let mut process = Process::spawn(&mut watch.command());
    let code = process.wait().code();
    let message = process.said();
    assert_eq!(code, Some(2), "{message}");
    message
}

#[track_caller]
fn holds(message: &str, words: &[&str]) {
    for word in words {
        assert!(message.contains(word), "`{word}` is not in {message}");
    }
}

fn got_nothing(service: &Service) {
    assert_eq!(service.metric("cloudnative_requests_accepted_total"), 0.0);
}

#[test]
fn an_interval_that_is_shorter_than_a_round_is_refused_with_the_numbers() {
    if absent(&["prometheus"]) {
        return;
    }
    let service = service();
    let prometheus = scraping(service.address);
    let watch = Watch::of(service.address).flags(&["--every", "3s"]);
    let message = refused(&watch);
    let words = [
        "--every 3s is shorter than a round needs",
        "--duration 1s",
        "a delay of up to 200ms",
        "give a longer --every or a shorter --duration",
    ];
    holds(&message, &words);
    let watch = Watch::of(service.address).flags(&["--every", "5s"]);
    let watch = watch.prometheus(&prometheus);
    until("a scrape", || prometheus.value("up").filter(|up| *up > 0.0));
    let message = refused(&watch);
    holds(&message, &["5.2s", "two scrape intervals of 1s"]);
    got_nothing(&service);
}

#[test]
fn the_interval_of_the_rules_in_a_query_counts() {
    if absent(&["prometheus"]) {
        return;
    }
    let service = service();
    let folder = Folder::new("rules");
    let rule = json!({"record": "own:p90", "expr": "vector(1)"});
    let groups = json!({"groups": [{"name": "own", "interval": "30s", "rules": [rule]}]});
    let file = folder.write("rules.yml", &groups.to_string());
    let config = json!({"rule_files": [file], "scrape_configs": [job(service.address)]});
    let prometheus = prometheus(&config);
    let watch = Watch::of(service.address).prometheus(&prometheus);
    let watch = watch.flags(&["--every", "20s", "--query", "p90=own:p90"]);
    holds(&refused(&watch), &["an evaluation of the rules each 30s"]);
    got_nothing(&service);
}

#[test]
fn flags_that_contradict_each_other_are_refused() {
    let service = service();
    let target = service.address;
    let url = service.url();
    let overriding = format!("{url}/images?delay=1s");
    let of = |flags: &[&str]| Watch::of(target).flags(flags);
    for (watch, words) in [
        (of(&["--remote", &url]), "--prometheus"),
        (of(&["--expect-traces", "0.5"]), "--traces"),
        (of(&["--every", "0s"]), "--every"),
        (of(&["--output", "json"]), "/status"),
        (of(&["--deadline", "soon"]), "--deadline"),
        (of(&["--heartbeat", "nowhere"]), "--heartbeat"),
        (of(&["--listen", "nowhere"]), "--listen"),
        (
            of(&["--rate", "1e6", "--duration", "1h", "--every", "2h"]),
            "of memory",
        ),
        (
            Watch::default().flags(&["--target", &overriding]),
            "?delay=",
        ),
    ] {
        holds(&refused(&watch), &[words]);
    }
    got_nothing(&service);
}
