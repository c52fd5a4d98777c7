//! The service as a child process.

use std::{net::SocketAddr, process::Command};

use super::{Answer, Connection, get, process::Process};

/// A running `httpserver serve`.
pub(crate) struct Service {
    pub(crate) address: SocketAddr,
    pub(crate) process: Process,
}

impl Service {
    /// Starts one with these flags and variables; no other variable that would change telemetry is inherited.
    pub(crate) fn start<V: AsRef<str>>(flags: &[&str], environment: &[(&str, V)]) -> Self {
        Self::start_at(SocketAddr::from(([127, 0, 0, 1], 0)), flags, environment)
    }

    /// Starts one at this address.
    pub(crate) fn start_at<V: AsRef<str>>(
        address: SocketAddr,
        flags: &[&str],
        environment: &[(&str, V)],
    ) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_httpserver"));
        command
            .args(["serve", "--listen", &address.to_string()])
            .args(flags);
        Self::run(command, environment)
    }

    /// Runs a command that logs where it listens.
    pub(crate) fn run<V: AsRef<str>>(command: Command, environment: &[(&str, V)]) -> Self {
        Self::run_until(command, environment, "listening on http://")
    }

    /// Runs a command that logs its address after this text.
    pub(crate) fn run_until<V: AsRef<str>>(
        mut command: Command,
        environment: &[(&str, V)],
        text: &str,
    ) -> Self {
        for (name, _) in std::env::vars().filter(|(name, _)| is_ours(name)) {
            command.env_remove(name);
        }
        let environment = environment.iter();
        command.envs(environment.map(|(name, value)| (name, value.as_ref())));
        let process = Process::spawn(&mut command);
        let line = process.line_with(text);
        let address = line
            .split("http://")
            .nth(1)
            .and_then(|rest| rest.split(['/', '"', ' ']).next());
        Self {
            address: address.unwrap().parse().unwrap(),
            process,
        }
    }

    /// The address as a base URL.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        get(self.address, path).unwrap()
    }

    /// GET with additional headers.
    pub(crate) fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        Connection::open(self.address)
            .unwrap()
            .get(path, headers)
            .unwrap()
    }

    /// The text of a scrape.
    pub(crate) fn metrics(&self) -> String {
        self.get("/metrics").body
    }

    /// The sum of the samples whose line begins so (name, or name and first labels).
    pub(crate) fn metric(&self, beginning: &str) -> f64 {
        let metrics = self.metrics();
        let samples = metrics.lines().filter(|line| line.starts_with(beginning));
        samples
            .map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap())
            .sum()
    }
}

fn is_ours(name: &str) -> bool {
    ["OTEL_", "HTTPSERVER_", "RUST_LOG"]
        .iter()
        .any(|prefix| name.starts_with(prefix))
}
