//! A canary as a child process: its command line, its rounds, its metrics and its log.

use std::{net::SocketAddr, ops::Deref, process::Command};

use serde_json::Value;

use crate::parts::{Jaeger, Prometheus, Service, until_or};

/// Short rounds, which tolerate the late clock of a busy machine.
const USUAL: [&str; 12] = [
    "--every",
    "6s",
    "--deadline",
    "8s",
    "--rate",
    "10",
    "--duration",
    "1s",
    "--max-clock-error",
    "10s",
    "--listen",
    "127.0.0.1:0",
];

/// A command line.
#[derive(Clone, Default)]
pub(crate) struct Watch(Vec<String>);

impl Watch {
    /// Sends the requests to this address.
    pub(crate) fn of(target: SocketAddr) -> Self {
        Self::default().flags(&["--target", &format!("http://{target}/images")])
    }

    pub(crate) fn prometheus(self, prometheus: &Prometheus) -> Self {
        self.flags(&["--prometheus", &prometheus.url()])
    }

    pub(crate) fn jaeger(self, jaeger: &Jaeger) -> Self {
        self.flags(&["--traces", &jaeger.url()])
    }

    pub(crate) fn flags(mut self, flags: &[&str]) -> Self {
        self.0.extend(flags.iter().map(ToString::to_string));
        self
    }

    /// The command with these flags, and with the usual ones that are not among them.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_httpserver"));
        command.arg("canary").args(&self.0);
        let is_given = |flag: &str| self.0.iter().any(|given| given == flag);
        for pair in USUAL.chunks(2).filter(|pair| !is_given(pair[0])) {
            command.args(pair);
        }
        command
    }

    pub(crate) fn start(&self) -> Canary {
        self.start_with(&[])
    }

    /// With these variables.
    pub(crate) fn start_with(&self, environment: &[(&str, String)]) -> Canary {
        let words = "the status is at http://";
        Canary(Service::run_until(self.command(), environment, words))
    }
}

/// A running canary; as a [`Service`], it has an address and a process.
pub(crate) struct Canary(Service);

impl Deref for Canary {
    type Target = Service;

    fn deref(&self) -> &Service {
        &self.0
    }
}

impl Canary {
    /// `/status` as JSON.
    pub(crate) fn status(&self) -> Value {
        self.get("/status").json()
    }

    /// The rounds that have begun and are not judged.
    pub(crate) fn in_progress(&self) -> Vec<u64> {
        let status = self.status();
        let numbers = status["in_progress"].as_array().unwrap().iter();
        numbers.map(|number| number.as_u64().unwrap()).collect()
    }

    /// A round, once it is judged.
    pub(crate) fn round(&self, number: u64) -> Round {
        let find = || {
            let mut status = self.status();
            let mut rounds = status["last"].as_array_mut().unwrap().iter_mut();
            let found = rounds.find(|round| round["number"] == number);
            found.map(|round| Round(round.take()))
        };
        until_or(find, || format!("round {number}: {}", self.described()))
    }

    /// The number of the round that has begun last; 0 before the first.
    pub(crate) fn begun(&self) -> u64 {
        let status = self.status();
        let judged = status["last"].as_array().unwrap().iter();
        let judged = judged.map(|round| &round["number"]);
        let all = judged.chain(status["in_progress"].as_array().unwrap());
        all.map(|number| number.as_u64().unwrap())
            .max()
            .unwrap_or_default()
    }

    /// The next round that begins, once it is judged.
    pub(crate) fn next(&self) -> Round {
        self.round(self.begun() + 1)
    }

    /// The first round of the next ones that is so, once it is judged.
    pub(crate) fn next_that(&self, what: &str, is_so: impl Fn(&Round) -> bool) -> Round {
        let first = self.begun() + 1;
        (first..first + 5)
            .map(|number| self.round(number))
            .find(is_so)
            .unwrap_or_else(|| panic!("no round {what}: {}", self.described()))
    }

    /// Waits until no round is in progress, and one is judged.
    pub(crate) fn is_idle(&self) {
        let is_idle = || (self.begun() > 0 && self.in_progress().is_empty()).then_some(());
        until_or(is_idle, || format!("no pause: {}", self.described()));
    }

    /// Waits until the next round has sent some of its requests to this service; returns its number.
    pub(crate) fn amid_next(&self, service: &Service) -> u64 {
        let number = self.begun() + 1;
        self.amid(number, service);
        number
    }

    /// Waits until this round, which is the next one or has just begun, has sent some of its requests to this service.
    pub(crate) fn amid(&self, number: u64, service: &Service) {
        let accepted = || service.metric("cloudnative_requests_accepted_total");
        let has_begun = || (self.begun() >= number).then(accepted);
        let before = until_or(has_begun, || format!("no round {number}"));
        let has_more = || (accepted() > before + 5.0).then_some(());
        until_or(has_more, || format!("no requests: {}", self.described()));
    }

    /// A sample of `/metrics`, by the end of its name and its labels.
    pub(crate) fn value(&self, series: &str) -> f64 {
        self.metric(&format!("httpserver_canary_{series} "))
    }

    /// The log lines of a change of this hop: that it is not right, or right again.
    pub(crate) fn changes(&self, hop: &str) -> Vec<String> {
        let hop = format!("\"hop\":\"{hop}\"");
        let lines = self.process.lines().into_iter();
        lines.filter(|line| line.contains(&hop)).collect()
    }

    /// What SIGTERM makes of it: its exit code and all lines of its log.
    pub(crate) fn end(mut self) -> (Option<i32>, String) {
        self.0.process.signal("-TERM");
        let code = self.0.process.wait().code();
        (code, self.0.process.said())
    }

    pub(crate) fn described(&self) -> String {
        format!("{:#}\n{}", self.status(), self.process.said())
    }
}

/// A round in `/status`.
#[derive(Debug)]
pub(crate) struct Round(pub(crate) Value);

impl Round {
    /// How it was judged as a whole.
    pub(crate) fn verdict(&self) -> &str {
        self.0["verdict"].as_str().unwrap()
    }

    fn hop(&self, id: &str) -> &Value {
        let hops = self.0["hops"].as_array().unwrap();
        let found = hops.iter().find(|hop| hop["hop"] == id);
        found.unwrap_or(&Value::Null)
    }

    /// How a hop was judged; empty where it has none.
    pub(crate) fn of(&self, hop: &str) -> &str {
        self.hop(hop)["verdict"].as_str().unwrap_or_default()
    }

    /// Whether a hop, or the round as a whole, is as it should be.
    pub(crate) fn is_good(&self, hop: &str) -> bool {
        let verdict = match hop {
            "round" => self.verdict(),
            hop => self.of(hop),
        };
        ["pass", "warn"].contains(&verdict)
    }

    /// Asserts that these hops are as they should be.
    #[track_caller]
    pub(crate) fn assert_good(&self, hops: &[&str]) {
        for hop in hops {
            assert!(self.is_good(hop), "{hop}: {self}");
        }
    }

    /// Asserts how a hop was judged, and that its reasons have these words.
    #[track_caller]
    pub(crate) fn expect(&self, hop: &str, verdicts: &[&str], words: &[&str]) {
        assert!(verdicts.contains(&self.of(hop)), "{hop}: {self}");
        let reasons = self.hop(hop)["reasons"].to_string();
        for word in words {
            assert!(
                reasons.contains(word),
                "`{word}` is not in {reasons}: {self}"
            );
        }
    }

    /// Expected, found and late in a stage, where it was judged.
    pub(crate) fn stage(&self, name: &str) -> Option<[u64; 3]> {
        let mut stages = self.0["stages"].as_array().unwrap().iter();
        let stage = stages.find(|stage| stage["stage"] == name)?;
        Some(["expected", "found", "late"].map(|count| stage[count].as_u64().unwrap()))
    }
}

impl std::fmt::Display for Round {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:#}", self.0)
    }
}
