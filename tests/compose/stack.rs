//! One compose project: its commands, its ports, `verify` inside it, and its removal.

use std::{
    io::{Read, Write},
    net::TcpStream,
    process::{Child, Command, Output, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use crate::files::root;

/// The services of the stack, without Grafana.
const SERVICES: [&str; 5] = [
    "httpserver",
    "load",
    "otel-collector",
    "jaeger",
    "prometheus",
];

/// A separate image, so that the user's image is not replaced.
pub(crate) const IMAGE: &str = "httpserver:compose-test";

/// Whether a Docker engine answers; prints a line if not.
pub(crate) fn engine_answers() -> bool {
    let answers = Command::new("docker")
        .args(["version", "--format", "{{.Server.Version}}"])
        .output()
        .is_ok_and(|output| output.status.success());
    assert!(
        answers || std::env::var_os("LAB_REQUIRED").is_none(),
        "no Docker engine answers, and LAB_REQUIRED is set"
    );
    if !answers {
        eprintln!("skipped: no Docker engine answers");
    }
    answers
}

/// A project that is removed with its volumes when the test ends, also after a failure.
pub(crate) struct Stack {
    project: String,
}

impl Stack {
    pub(crate) fn new() -> Self {
        let project = format!("httpserver-test-{}", std::process::id());
        Self { project }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("docker");
        command
            .args(["compose", "--project-name", &self.project])
            .args(arguments)
            .current_dir(root())
            .env("HTTPSERVER_IMAGE", IMAGE)
            .env("CANARY_EVERY", "25s")
            .env("CANARY_DEADLINE", "40s")
            .stdin(Stdio::null());
        for port in [
            "HTTPSERVER",
            "CANARY",
            "OTLP_HTTP",
            "JAEGER",
            "PROMETHEUS",
            "GRAFANA",
        ] {
            command.env(format!("{port}_PORT"), ""); // Docker chooses
        }
        command
    }

    /// Runs a compose command that must succeed, and returns what it printed.
    pub(crate) fn compose(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().unwrap();
        assert!(
            output.status.success(),
            "compose {arguments:?}: {}",
            said(&output)
        );
        String::from_utf8(output.stdout).unwrap()
    }

    /// Brings everything up, or back up, and waits for health.
    pub(crate) fn up(&self, options: &[&str]) {
        let mut arguments = vec!["up", "--detach", "--wait", "--quiet-pull"];
        arguments.extend(options);
        arguments.extend(SERVICES);
        self.compose(&arguments);
    }

    /// Starts a one-off container of a service, whose output can be waited for.
    pub(crate) fn start(&self, service: &str, arguments: &[&str]) -> Child {
        self.command(&["run", "--rm", "--no-deps", "-T", service])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// `verify` inside the stack.
    pub(crate) fn verify(&self, options: &[&str]) -> Verdict {
        Verdict::of(self.start_verify("15s", options))
    }

    pub(crate) fn start_verify(&self, duration: &str, options: &[&str]) -> Child {
        let duration = format!("--duration={duration}");
        // The machine also runs the stack and perhaps a build; the default limit of the clock error is for idle machines.
        let clock = "--max-clock-error=2s";
        let mut arguments = vec!["--rate=50", &duration, "--require-all", clock];
        arguments.extend(options);
        self.start("verify", &arguments)
    }

    /// The address on this machine of a service's port.
    pub(crate) fn address(&self, service: &str, port: &str) -> String {
        self.compose(&["port", service, port]).trim().to_owned()
    }

    /// Requests that the service has accepted since it started.
    pub(crate) fn accepted(&self) -> u64 {
        let mut stream = TcpStream::connect(self.address("httpserver", "8080")).unwrap();
        stream.write_all(b"GET /truth HTTP/1.0\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let body = answer.split_once("\r\n\r\n").unwrap().1;
        let truth: serde_json::Value = serde_json::from_str(body).unwrap();
        truth["ledger"]["accepted"].as_u64().unwrap()
    }

    pub(crate) fn wait_until_accepted(&self, requests: u64) {
        let end = Instant::now() + Duration::from_mins(2);
        while self.accepted() < requests {
            assert!(
                Instant::now() < end,
                "no {requests} requests in two minutes"
            );
            sleep(Duration::from_millis(200));
        }
    }

    /// Containers, volumes and networks of the project that still exist.
    pub(crate) fn left(&self) -> String {
        let label = format!("label=com.docker.compose.project={}", self.project);
        let list = |what: &[&str]| {
            let output = Command::new("docker")
                .args(what)
                .args(["--filter", &label])
                .output();
            String::from_utf8(output.unwrap().stdout).unwrap()
        };
        list(&["ps", "--all", "--quiet"])
            + &list(&["volume", "ls", "--quiet"])
            + &list(&["network", "ls", "--quiet"])
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let logs = self
                .command(&["logs", "--tail", "15", "--no-color"])
                .output();
            eprintln!("{}", logs.map(|output| said(&output)).unwrap_or_default());
        }
        let down = ["down", "--volumes", "--remove-orphans", "--timeout", "5"];
        drop(self.command(&down).output());
    }
}

/// How a run of `verify` ended.
pub(crate) struct Verdict {
    pub(crate) code: Option<i32>,
    pub(crate) said: String,
}

impl Verdict {
    pub(crate) fn of(running: Child) -> Self {
        let output = running.wait_with_output().unwrap();
        Self {
            code: output.status.code(),
            said: said(&output),
        }
    }

    pub(crate) fn passes(&self, when: &str) {
        assert_eq!(self.code, Some(0), "verify {when}: {}", self.said);
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}
