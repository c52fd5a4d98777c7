//! Clocks that differ by minutes, and clocks that step in the run: named with the difference, and never a loss.
//!
//! A proxy that changes what Prometheus and the service tell of their time needs no `libfaketime`.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{
            AtomicI64,
            Ordering::{Relaxed, SeqCst},
        },
    },
    thread,
};

use serde_json::{Value, json};

use crate::{
    parts::{Folder, Service, absent, clock_of},
    proxy::{Faults, Proxy},
    verify::Verify,
    world::{
        SERVICE, accepted, job, metrics, scraped, scraping, service, storing_exemplars,
        until_accepted,
    },
};

const HOP: &str = "/metrics -> Prometheus";

/// Other clients of this service, until the run has ended.
fn beside_traffic<T>(service: &Service, run: impl FnOnce() -> T) -> T {
    let (quit, stopped) = std::sync::mpsc::channel::<()>();
    thread::scope(|scope| {
        scope.spawn(move || {
            while stopped.try_recv() == Err(std::sync::mpsc::TryRecvError::Empty) {
                service.get("/images?delay=constant(0.02s)");
            }
        });
        let result = run();
        drop(quit);
        result
    })
}

#[test]
fn a_machine_whose_clock_is_minutes_off_or_steps_judges_as_before() {
    if absent(&["prometheus"]) {
        return;
    }
    let folder = Folder::new("clock");
    let (service, prometheus) = scraped();
    for (first, then, words) in [
        (
            "-10m",
            "-10m",
            &["the clock of Prometheus is 600.0 s ahead of this machine's"][..],
        ),
        (
            "+10m",
            "+10m",
            &["the clock of Prometheus is 600.0 s behind this machine's"],
        ),
        ("+0", "+10m", &[]),
        ("+0", "-10m", &[]),
    ] {
        let file = folder.write("clock", first);
        let Some(clock) = clock_of(&file) else { return };
        let verify = Verify::of(service.address).prometheus(&prometheus);
        let verify = clock
            .iter()
            .fold(verify, |verify, (name, value)| verify.variable(name, value));
        let report = beside_traffic(&service, || {
            let begun = accepted(&service);
            let run = verify.start();
            until_accepted(&service, begun + 100.0);
            fs::write(&file, then).unwrap();
            run.end()
        });
        assert_eq!(report.code, 0, "{first} {then}: {report}");
        report.expect(HOP, if words.is_empty() { "PASS" } else { "WARN" }, words);
        report.expect(HOP, report.verdict(HOP), &["other traffic"]);
    }
}

#[test]
fn a_service_whose_clock_is_minutes_off_is_named_and_its_exemplars_are_found() {
    if absent(&["prometheus"]) {
        return;
    }
    let folder = Folder::new("clock");
    for (first, side) in [("+10m", "ahead of"), ("-10m", "behind")] {
        let file = folder.write("clock", first);
        let Some(clock) = clock_of(&file) else { return };
        let sampling = [(
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            "http://127.0.0.1:9".to_owned(),
        )];
        let service = Service::start(&SERVICE, &[&clock[..], &sampling].concat());
        let prometheus = storing_exemplars(&[job("httpserver", &[service.address])]);
        let report = Verify::of(service.address).prometheus(&prometheus).run();
        assert_eq!(report.code, 0, "{report}");
        let url = metrics(service.address);
        let words = format!("the clock of {url} is ");
        report.expect("measured -> /metrics", "WARN", &[&words, side]);
        // The header has whole seconds.
        let said = report.says("measured -> /metrics");
        let is_near = ["599.", "600."].iter().any(|near| said.contains(near));
        assert!(is_near, "{report}");
        report.expect(HOP, "PASS", &[]);
        report.expect("exemplar -> trace", "PASS", &[]);
    }
}

/// A proxy before Prometheus, whose time it moves by this many seconds; the samples keep theirs.
fn moved(seconds: &Arc<AtomicI64>) -> Faults {
    let seconds = Arc::clone(seconds);
    let rewrite = move |path: &str, body: String| {
        if !path.contains("query=time%28%29") {
            return body;
        }
        let mut json: Value = serde_json::from_str(&body).unwrap();
        let now = json["data"]["result"][1].as_str().unwrap();
        let now = now.parse::<f64>().unwrap() + seconds.load(Relaxed) as f64;
        json["data"]["result"][1] = json!(now.to_string());
        json.to_string()
    };
    Faults {
        rewrite: Some(Box::new(rewrite)),
        ..Faults::default()
    }
}

#[test]
fn a_step_of_prometheus_clock_in_the_run_is_skipped_with_its_size() {
    if absent(&["prometheus"]) {
        return;
    }
    let service = service();
    let real = scraping(&service, &json!({}));
    for step in [600, -600] {
        let seconds = Arc::new(AtomicI64::new(0));
        let front = Proxy::start(&[real.address], moved(&seconds));
        let url = format!("http://{}", front.address);
        let verify = Verify::of(service.address).flags(&["--prometheus", &url]);
        let begun = accepted(&service);
        let run = verify.start();
        until_accepted(&service, begun + 20.0);
        seconds.store(step, SeqCst);
        let report = run.end();
        assert_eq!(report.code, 3, "{report}");
        report.fails_only(&[]);
        let words = [&url[..], "the clock stepped by ", " s in the run"];
        report.expect(HOP, "SKIPPED", &words);
        let said = report.says(HOP);
        assert!(
            said.contains("by 600 s") || said.contains("by 599 s"),
            "{report}"
        );
        report.expect("measured -> /metrics", "PASS", &[]);
        report.expect("ledger", "PASS", &[]);
    }
}

#[test]
fn the_date_of_the_service_tells_its_clock() {
    let service = service();
    let faults = Faults {
        date: Some("Sun, 06 Nov 1994 08:49:37 GMT"),
        ..Faults::default()
    };
    let front = Proxy::start(&[service.address], faults);
    let report = Verify::of(front.address).run();
    assert_eq!(report.code, 0, "{report}");
    let words = [
        &metrics(front.address)[..],
        "s behind this machine's",
        "Date",
    ];
    report.expect("measured -> /metrics", "WARN", &words);
}
