//! Right and wrong command lines, and the answer to each.

use std::{
    io::{BufRead, BufReader},
    net::TcpListener,
    process::Stdio,
};

use crate::{
    parts::Service,
    process::{httpserver, output, stderr, stdout},
};

#[test]
fn a_service_says_where_it_listens_and_what_it_declares() {
    let service = Service::start::<&str>(&["--seed", "42"], &[]);
    let metrics = service.metrics();
    assert!(
        metrics.contains("cloudnative_delay_info{delay=\"uniform(0s,2s)\",seed=\"42\"} 1"),
        "{metrics}"
    );
}

#[test]
fn without_a_command_it_serves() {
    let mut command = httpserver(&["--listen", "127.0.0.1:0"]);
    let mut process = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(process.stderr.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    process.kill().unwrap();
    process.wait().unwrap();
    assert!(line.contains("listening on http://127.0.0.1:"), "{line}");
    assert!(
        line.contains("uniform(0s,2s)") && line.contains("\"delay.p99_seconds\":1.98"),
        "{line}"
    );
}

#[test]
fn variables_are_fallbacks_for_flags() {
    let environment = [
        ("HTTPSERVER_DELAY", "constant(3ms)"),
        ("HTTPSERVER_SEED", "9"),
    ];
    let service = Service::start(&["--seed", "10"], &environment);
    let metrics = service.metrics();
    assert!(
        metrics.contains("cloudnative_delay_info{delay=\"constant(3ms)\",seed=\"10\"} 1"),
        "{metrics}"
    );
}

#[test]
fn a_wrong_flag_is_named_and_exits_with_2() {
    for (args, words) in [
        (
            &["--delay", "uniform(0s"][..],
            &["uniform(0s", "--delay"][..],
        ),
        (&["--delay", "normal(1s,-2s)"], &["--delay", "-2s"]),
        (&["--max-delay", "NaN"], &["--max-delay", "NaN"]),
        (&["--max-delay=-1s"], &["--max-delay", "-1s"]),
        (&["--grace", "99999999999999999999999h"], &["--grace"]),
        (&["--error-rate", "1.5"], &["--error-rate", "0 to 1"]),
        (&["--error-rate", "NaN"], &["--error-rate", "0 to 1"]),
        (&["--error-status", "200"], &["--error-status"]),
        (&["--buckets", "1,0.5"], &["--buckets"]),
        (&["--namespace", "a-b"], &["--namespace"]),
        (
            &["--listen", "nowhere"],
            &["--listen", "such as 0.0.0.0:8080"],
        ),
        (
            &["--metrics-listen", ":http"],
            &["--metrics-listen", "8080"],
        ),
        (
            &["--header-timeout", "0s"],
            &["--header-timeout", "above 0s"],
        ),
        (&["load", "--duration", "0s"], &["--duration", "above 0s"]),
        (&["load", "--timeout", "0ms"], &["--timeout", "above 0s"]),
        (&["--no-such-flag"], &["--no-such-flag"]),
        (
            &["truth", "--seed", "1", "--traceparent", "00-1-2-3"],
            &["--traceparent", "trace id"],
        ),
        (
            &[
                "truth",
                "--traceparent",
                "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            ],
            &["--seed"],
        ),
    ] {
        let output = output(args);
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {said}");
        for word in words {
            assert!(
                said.contains(word),
                "{args:?} does not say `{word}`: {said}"
            );
        }
    }
}

#[test]
fn an_unsupported_telemetry_variable_is_named_and_exits_with_2() {
    let mut command = httpserver(&["--listen", "127.0.0.1:0"]);
    let output = command
        .env("OTEL_TRACES_EXPORTER", "zipkin")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("OTEL_TRACES_EXPORTER=`zipkin`"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn a_port_in_use_is_one_clear_line_and_exit_code_1() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = output(&["--listen", &address]);
    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(
        said.contains(&format!("cannot listen on {address}")),
        "{said}"
    );
}

#[test]
fn truth_prints_the_delay_that_a_request_gets() {
    let traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let output = output(&["truth", "--seed", "7", "--traceparent", traceparent]);
    assert_eq!(output.status.code(), Some(0));
    assert!(
        stdout(&output).starts_with("1.137127752 s  "),
        "{}",
        stdout(&output)
    );
}

#[test]
fn truth_prints_what_prometheus_will_report() {
    let text = stdout(&output(&["truth", "--buckets", "semconv"]));
    assert!(
        text.contains("1.980000 s") && text.contains("2.47"),
        "{text}"
    );
    let json: serde_json::Value =
        serde_json::from_str(&stdout(&output(&["truth", "--output", "json"]))).unwrap();
    let p99 = json["quantiles"]
        .as_array()
        .unwrap()
        .iter()
        .find(|known| known["q"] == 0.99)
        .unwrap();
    let reported = p99["reported_seconds"].as_f64().unwrap();
    assert!((reported - 2.028).abs() < 0.001, "{reported}");
    let native = p99["native_seconds"].as_f64().unwrap();
    assert!((native / 1.98 - 1.0).abs() < 0.01, "{native}");
    assert_eq!(json["native"]["schema"], 3);
}

#[test]
fn the_tables_of_the_readme_are_those_that_truth_prints() {
    let readme = include_str!("../../README.md");
    for (command, args) in [
        (
            "truth --buckets semconv",
            &["truth", "--buckets", "semconv"][..],
        ),
        (
            "truth --delay 'lognormal(p50=200ms,p99=1.5s)'",
            &["truth", "--delay", "lognormal(p50=200ms,p99=1.5s)"],
        ),
    ] {
        let example = format!("$ httpserver {command}\n{}```", stdout(&output(args)));
        assert!(readme.contains(&example), "README.md lacks:\n{example}");
    }
}

#[test]
fn help_shows_the_variable_of_each_flag_that_has_one() {
    for args in [&["--help"][..], &["serve", "--help"], &["load", "--help"]] {
        let help = stdout(&output(args));
        let variables = help.matches("[env: HTTPSERVER_").count();
        assert!(variables >= 5, "{args:?}: {variables} in\n{help}");
    }
    assert!(stdout(&output(&["serve", "--help"])).contains("[env: HTTPSERVER_DELAY="));
}
