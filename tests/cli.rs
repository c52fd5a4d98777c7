//! The command line as it is typed: what is printed, and the exit codes.

use std::{
    io::{BufRead, BufReader, Read},
    net::TcpListener,
    process::{Child, Command, Output, Stdio},
    sync::mpsc,
    time::{Duration, Instant},
};

const DEADLINE: Duration = Duration::from_secs(30);

fn httpserver(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_httpserver"));
    command.args(args).env_remove("OTEL_EXPORTER_OTLP_ENDPOINT");
    command
}

fn output(args: &[&str]) -> Output {
    httpserver(args).output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A service as a process of its own; ended with the test.
struct Service {
    process: Child,
    address: String,
    lines: mpsc::Receiver<String>,
}

impl Service {
    fn start(args: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut command = httpserver(&["serve", "--listen", "127.0.0.1:0"]);
        let mut process = command
            .args(args)
            .envs(environment.iter().copied())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (said, lines) = mpsc::channel();
        let stderr = BufReader::new(process.stderr.take().unwrap());
        std::thread::spawn(move || {
            stderr
                .lines()
                .map_while(Result::ok)
                .try_for_each(|line| said.send(line))
        });
        let mut service = Self {
            process,
            address: String::new(),
            lines,
        };
        let line = service.line_with("listening on http://");
        let address = line
            .split("http://")
            .nth(1)
            .and_then(|rest| rest.split('/').next());
        service.address = address.map(str::to_owned).unwrap();
        service
    }

    fn line_with(&self, what: &str) -> String {
        let end = Instant::now() + DEADLINE;
        let mut seen = Vec::new();
        while let Ok(line) = self
            .lines
            .recv_timeout(end.saturating_duration_since(Instant::now()))
        {
            if line.contains(what) {
                return line;
            }
            seen.push(line);
        }
        panic!("no line with `{what}` in {seen:#?}");
    }

    fn signal(&self, name: &str) {
        let pid = self.process.id().to_string();
        assert!(
            Command::new("kill")
                .args([name, &pid])
                .status()
                .unwrap()
                .success()
        );
    }

    fn exit_code(&mut self) -> Option<i32> {
        let end = Instant::now() + DEADLINE;
        loop {
            if let Some(status) = self.process.try_wait().unwrap() {
                return status.code();
            }
            assert!(Instant::now() < end, "it does not end");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Sends a request and leaves the answer to be read.
    fn ask(&self, path: &str) -> std::net::TcpStream {
        use std::io::Write;
        let mut stream = std::net::TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
        )
        .unwrap();
        stream
    }

    fn get(&self, path: &str) -> String {
        let mut answer = String::new();
        self.ask(path).read_to_string(&mut answer).unwrap();
        answer
    }

    /// Waits until a line of the metrics reads thus.
    fn wait_for_metric(&self, line: &str) {
        let end = Instant::now() + DEADLINE;
        while !self.get("/metrics").lines().any(|found| found == line) {
            assert!(Instant::now() < end, "no `{line}`");
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn a_service_says_where_it_listens_and_what_it_declares() {
    let service = Service::start(&["--seed", "42"], &[]);
    let metrics = service.get("/metrics");
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
    let metrics = service.get("/metrics");
    assert!(
        metrics.contains("cloudnative_delay_info{delay=\"constant(3ms)\",seed=\"10\"} 1"),
        "{metrics}"
    );
}

#[test]
fn what_is_typed_wrong_is_named_and_exits_with_2() {
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
        (&["--listen", "nowhere"], &["--listen"]),
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
fn a_telemetry_variable_that_cannot_be_is_named_and_exits_with_2() {
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
fn truth_says_the_delay_that_a_request_gets() {
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
fn truth_says_what_prometheus_will_report() {
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
}

#[test]
fn at_sigterm_under_load_no_request_in_flight_is_lost() {
    let mut service = Service::start(&["--delay", "constant(500ms)"], &[]);
    let asked: Vec<_> = (0..100).map(|_| service.ask("/images")).collect();
    service.wait_for_metric("cloudnative_requests_accepted_total 100");
    service.signal("-TERM");
    for mut answer in asked {
        let mut text = String::new();
        answer.read_to_string(&mut text).unwrap();
        assert!(
            text.starts_with("HTTP/1.1 200 ") && text.ends_with("<h1>500</h1>"),
            "{text}"
        );
    }
    assert_eq!(service.exit_code(), Some(0));
    service.line_with("drained");
}

#[test]
fn a_second_sigterm_ends_it_at_once() {
    let mut service = Service::start(&["--delay", "constant(50s)"], &[]);
    let _asked = service.ask("/images");
    service.wait_for_metric("cloudnative_requests_accepted_total 1");
    service.signal("-TERM");
    service.line_with("SIGTERM: coming to an end");
    service.signal("-TERM");
    assert_eq!(service.exit_code(), Some(1));
}

#[test]
fn a_collector_that_is_absent_costs_no_request_anything() {
    let nobody = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    for protocol in ["grpc", "http/protobuf"] {
        let endpoint = format!("http://{nobody}");
        let environment = [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
            ("OTEL_BSP_SCHEDULE_DELAY", "50"),
        ];
        let service = Service::start(&["--delay", "constant(0s)"], &environment);
        for _ in 0..20 {
            assert!(service.get("/images").starts_with("HTTP/1.1 200 "));
        }
        service.line_with("spans cannot be exported");
        let metrics = service.get("/metrics");
        let failed = metrics.lines().find(|line| {
            line.starts_with("otel_sdk_exporter_span_exported_total{error_type=\"export_failed\"")
        });
        assert!(
            failed.is_some_and(|line| !line.ends_with(" 0")),
            "{protocol}: {metrics}"
        );
    }
}

#[test]
fn each_line_inside_a_request_carries_its_trace_sampled_or_not() {
    let service = Service::start(
        &[
            "--delay",
            "constant(0s)",
            "--access-log",
            "--log-format",
            "json",
        ],
        &[],
    );
    service.get("/images");
    let line: serde_json::Value = serde_json::from_str(&service.line_with("answered")).unwrap();
    assert_eq!(line["trace_id"].as_str().unwrap().len(), 32);
    assert_eq!(line["span_id"].as_str().unwrap().len(), 16);
    let service = Service::start(
        &[
            "--delay",
            "constant(0s)",
            "--access-log",
            "--log-format",
            "text",
        ],
        &[],
    );
    service.get("/images");
    assert!(service.line_with("answered").contains(" trace_id="));
}
