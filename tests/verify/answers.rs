//! From the answer to `/metrics`: wires that add, clocks that are late, histograms in the wrong unit.

use std::{
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    time::Duration,
};

use crate::{
    parts::Service,
    proxy::{Faults, Proxy, Repeats},
    verify::Verify,
    world::{behind, metrics, service, service_with},
};

#[test]
fn a_proxy_that_adds_50_ms_is_found_on_the_wire() {
    let (_service, front) = behind(Faults {
        late: Duration::from_millis(50),
        ..Faults::default()
    });
    let verify = Verify::of(front.address);
    let report = verify.clone().flags(&["--max-wire", "10ms"]).run();
    report.fails(
        "measured -> received",
        &["the time on the network is too long", "--max-wire"],
    );
    report.fails_only(&["measured -> received"]);
    let report = verify.run();
    report.expect(
        "measured -> received",
        "PASS",
        &["time on the network: p50 "],
    );
}

#[test]
fn a_clock_that_is_later_than_allowed_fails() {
    let service = service();
    let late = Verify::of(service.address).flags(&["--max-clock-error", "1ns"]);
    let report = late.run();
    report.fails(
        "drawn -> measured",
        &["the clock error is too large", "--max-clock-error"],
    );
    report.fails_only(&["drawn -> measured"]);
}

#[test]
fn a_busy_machine_is_a_warning_unless_a_limit_is_given() {
    // As if each wait had ended 20 ms late.
    let late = |path: &str, header: String| -> String {
        if !path.starts_with("/images") {
            return header;
        }
        let parts = header
            .split(", ")
            .map(|part| match part.strip_prefix("delay;dur=") {
                Some(millis) => {
                    format!(
                        "delay;dur={:.6}",
                        (millis.parse::<f64>().unwrap() - 20.0).max(0.0)
                    )
                }
                None => part.to_owned(),
            });
        parts.collect::<Vec<_>>().join(", ")
    };
    let (_service, front) = behind(Faults {
        timing: Some(Box::new(late)),
        ..Faults::default()
    });
    let hop = "drawn -> measured";
    let report = Verify::of(front.address).without("--max-clock-error").run();
    report.expect(
        hop,
        "WARN",
        &["the clock error is too large", "is the machine busy?"],
    );
    let report = Verify::of(front.address)
        .flags(&["--max-clock-error", "5ms"])
        .run();
    report.fails(hop, &["the clock error is too large"]);
}

#[test]
fn an_answer_without_a_measurement_is_still_answered() {
    let removed = |path: &str, header: String| -> String {
        if path.contains("delay=") {
            header
        } else {
            "other;dur=1".to_owned()
        }
    };
    let (_service, front) = behind(Faults {
        timing: Some(Box::new(removed)),
        ..Faults::default()
    });
    let report = Verify::of(front.address).run();
    report.fails("declared -> drawn", &["without a complete Server-Timing"]);
    let words = "120 sent = 120 answered (120 of them without Server-Timing)";
    report.expect("ledger", "PASS", &[words]);
}

#[test]
fn answers_that_lose_their_measurement_are_no_other_traffic() {
    let count = AtomicUsize::new(0);
    let every_second = move |path: &str, header: String| -> String {
        let is_known = path.starts_with("/images") && !path.contains("delay=");
        if is_known && count.fetch_add(1, Relaxed).is_multiple_of(2) {
            String::new()
        } else {
            header
        }
    };
    let service = service_with(&["--delay", "constant(50ms)"]);
    let faults = Faults {
        timing: Some(Box::new(every_second)),
        ..Faults::default()
    };
    let front = Proxy::start(&[service.address], faults);
    let verify = Verify::of(front.address).flags(&["--exclusive"]);
    let report = verify.run();
    report.fails(
        "declared -> drawn",
        &["Server-Timing header: 60 with status 200", "a proxy"],
    );
    report.fails_only(&["declared -> drawn"]);
    let words = "60 requests without a measurement in the answer";
    report.expect("measured -> /metrics", "PASS", &[words]);
    let words = "(60 of them without Server-Timing); 120 accepted";
    report.expect("ledger", "PASS", &[words]);
    assert!(!report.to_string().contains("other traffic"), "{report}");
}

#[test]
fn a_cache_is_named_by_its_repeated_answers() {
    let (_service, front) = behind(Faults {
        repeats: Repeats::Cache,
        ..Faults::default()
    });
    let report = Verify::of(front.address).run();
    report.fails(
        "declared -> drawn",
        &["an earlier answer was repeated", "cache"],
    );
}

#[test]
fn a_mirror_is_named_by_the_counts() {
    // Far from the bounds: on a busy machine, too, both executions of a request are in the same bucket.
    let delay = "mix(0.5:constant(100ms),0.5:constant(1100ms))";
    let flags = ["--seed", "7", "--delay", delay, "--buckets", "1,2"];
    let service = Service::start::<&str>(&flags, &[]);
    let faults = Faults {
        repeats: Repeats::Mirror,
        ..Faults::default()
    };
    let front = Proxy::start(&[service.address], faults);
    let report = Verify::of(front.address).run();
    assert_eq!(report.code, 0, "{report}");
    report.expect("ledger", "WARN", &["executed 2 times", "mirror or a retry"]);
}

#[test]
fn a_retry_after_a_failure_is_named() {
    let (one, two) = (service_with(&["--error-rate", "0.3"]), service());
    let faults = Faults {
        repeats: Repeats::Retry,
        ..Faults::default()
    };
    let front = Proxy::start(&[one.address, two.address], faults);
    let [one, two] = [one, two].map(|service| (metrics(service.address), service));
    let verify = Verify::of(front.address).flags(&["--metrics", &one.0, "--metrics", &two.0]);
    let report = verify.run();
    assert_eq!(report.code, 0, "{report}");
    let words = [
        "failed executions that no answer shows",
        "a retry on the way",
    ];
    report.expect("ledger", "WARN", &words);
    // Failures that the answers show are not retries.
    let report = Verify::of(one.1.address).run();
    report.expect("ledger", "PASS", &[]);
}

/// The exposition of a service that observes milliseconds: nearly all above the highest bound.
fn in_milliseconds(path: &str, body: String) -> String {
    if path != "/metrics" {
        return body;
    }
    let line = |line: &str| {
        let is_total = line.contains("step=\"total\"");
        let (series, value) = line.rsplit_once(' ').unwrap_or((line, ""));
        if is_total && line.contains("_bucket") && !line.contains("+Inf") {
            format!("{series} 0\n")
        } else if is_total && line.contains("_seconds_sum") {
            format!("{series} {}\n", 1e3 * value.parse::<f64>().unwrap())
        } else {
            format!("{line}\n")
        }
    };
    body.lines().map(line).collect()
}

#[test]
fn a_histogram_in_milliseconds_is_named_as_that() {
    let (_service, front) = behind(Faults {
        rewrite: Some(Box::new(in_milliseconds)),
        ..Faults::default()
    });
    let report = Verify::of(front.address).run();
    report.fails(
        "measured -> /metrics",
        &["1000 times too large", "milliseconds", "total, "],
    );
    report.fails_only(&["measured -> /metrics"]);
}

#[test]
fn one_observation_too_few_is_found_in_its_bucket() {
    // One fewer at and above 1 s, once there are more than the one of the probe.
    let one_less = |_: &str, body: String| -> String {
        let line = |line: &str| match line.rsplit_once(' ') {
            Some((series, value))
                if series.contains("step=\"total\"") && series.contains("le=\"1\"") =>
            {
                format!(
                    "{series} {}\n",
                    match value.parse::<f64>().unwrap() {
                        few if few <= 1.0 => few,
                        many => many - 1.0,
                    }
                )
            }
            _ => format!("{line}\n"),
        };
        body.lines().map(line).collect()
    };
    let (_service, front) = behind(Faults {
        rewrite: Some(Box::new(one_less)),
        ..Faults::default()
    });
    let report = Verify::of(front.address).run();
    report.fails(
        "measured -> /metrics",
        &["total, 0.9 < seconds <= 1:", "total, 1 < seconds <= 1.1:"],
    );
}
