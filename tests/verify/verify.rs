//! One run of the command, and its report.

use std::{
    net::SocketAddr,
    process::{Child, Command, Stdio},
};

use serde_json::Value;

use crate::parts::{Jaeger, Prometheus};

/// What `verify --output json` printed.
pub(crate) struct Report {
    pub(crate) code: i32,
    pub(crate) json: Value,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// A short run, which tolerates the late clock of a busy machine.
const USUAL: [&str; 8] = [
    "--rate",
    "30",
    "--duration",
    "4s",
    "--wait",
    "30s",
    "--max-clock-error",
    "10s",
];

/// The duration of a run that ends when the test has done what it does in it: `Running::end_after`.
pub(crate) const UNTIL_ENDED: [&str; 2] = ["--duration", "2m"];

/// A command line.
#[derive(Clone, Default)]
pub(crate) struct Verify(Vec<String>, Vec<&'static str>, Vec<(&'static str, String)>);

impl Verify {
    /// Sends the requests to this address.
    pub(crate) fn of(target: SocketAddr) -> Self {
        Self::default().flags(&["--target", &format!("http://{target}/images")])
    }

    pub(crate) fn prometheus(self, prometheus: &Prometheus) -> Self {
        self.flags(&["--prometheus", &prometheus.url()])
    }

    pub(crate) fn jaeger(self, jaeger: &Jaeger) -> Self {
        self.flags(&["--jaeger", &jaeger.url()])
    }

    pub(crate) fn flags(mut self, flags: &[&str]) -> Self {
        self.0.extend(flags.iter().map(ToString::to_string));
        self
    }

    /// With this variable.
    pub(crate) fn variable(mut self, name: &'static str, value: &str) -> Self {
        self.2.push((name, value.to_owned()));
        self
    }

    /// Without this flag, which is usual.
    pub(crate) fn without(mut self, flag: &'static str) -> Self {
        self.1.push(flag);
        self
    }

    /// The command with these flags, and with the usual ones that are not among them.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_httpserver"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("HTTPSERVER_")) {
            command.env_remove(name);
        }
        command.arg("verify").args(&self.0);
        command.envs(self.2.iter().map(|(name, value)| (name, value)));
        let is_given =
            |flag: &str| self.1.contains(&flag) || self.0.iter().any(|given| given == flag);
        for pair in USUAL.chunks(2).filter(|pair| !is_given(pair[0])) {
            command.args(pair);
        }
        command
    }

    pub(crate) fn start(&self) -> Running {
        let mut command = self.command();
        command.args(["--output", "json"]).stdin(Stdio::null());
        let piped = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        Running(piped.spawn().unwrap())
    }

    /// Runs it to its end.
    pub(crate) fn run(&self) -> Report {
        self.start().end()
    }
}

/// A run that has not ended.
pub(crate) struct Running(Child);

impl Running {
    /// What Ctrl-C sends.
    pub(crate) fn interrupt(&self) {
        let id = self.0.id().to_string();
        let sent = Command::new("kill").args(["-INT", &id]).status();
        assert!(sent.unwrap().success());
    }

    /// Waits until it ends.
    pub(crate) fn end(self) -> Report {
        let output = self.0.wait_with_output().unwrap();
        Report {
            code: output.status.code().unwrap(),
            json: serde_json::from_slice(&output.stdout).unwrap_or(Value::Null),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Report {
    fn hop(&self, name: &str) -> &Value {
        let hops = self.json["hops"].as_array();
        let found = hops.and_then(|hops| hops.iter().find(|hop| hop["name"] == name));
        found.unwrap_or_else(|| panic!("no hop {name}: {self}"))
    }

    /// The lines of a hop.
    pub(crate) fn says(&self, name: &str) -> String {
        let hop = self.hop(name);
        let more = hop["more"].as_array().unwrap().iter();
        let lines: Vec<_> = std::iter::once(&hop["says"])
            .chain(more)
            .map(|line| line.as_str().unwrap())
            .collect();
        lines.join("\n")
    }

    pub(crate) fn verdict(&self, name: &str) -> &str {
        self.hop(name)["verdict"].as_str().unwrap()
    }

    /// Asserts the verdict of a hop, and that its lines contain these words.
    #[track_caller]
    pub(crate) fn expect(&self, name: &str, verdict: &str, words: &[&str]) {
        assert_eq!(self.verdict(name), verdict, "{name}: {self}");
        let says = self.says(name);
        for word in words {
            assert!(says.contains(word), "`{word}` is not in `{says}`: {self}");
        }
    }

    /// Asserts that this hop failed with these words, and so did the command.
    #[track_caller]
    pub(crate) fn fails(&self, name: &str, words: &[&str]) {
        self.expect(name, "FAIL", words);
        assert_eq!(self.code, 1, "{self}");
    }

    /// Asserts that no part of an error is called extrapolation.
    #[track_caller]
    pub(crate) fn has_no_extrapolation(&self) {
        for row in self.json["percentiles"].as_array().unwrap() {
            assert!(row["error"]["extrapolation"].is_null(), "{self}");
        }
    }

    /// Asserts that nothing was sent for wrong usage, and that the error has these words.
    #[track_caller]
    pub(crate) fn refuses(&self, words: &[&str]) {
        self.ends_with(2, words);
    }

    /// Asserts that nothing was sent, since a destination cannot be used; the error has these words.
    #[track_caller]
    pub(crate) fn is_denied(&self, words: &[&str]) {
        self.ends_with(3, &[&["no request was sent"], words].concat());
    }

    #[track_caller]
    fn ends_with(&self, code: i32, words: &[&str]) {
        assert_eq!((self.code, &self.json), (code, &Value::Null), "{self}");
        for word in words {
            assert!(self.stderr.contains(word), "`{word}` is not in {self}");
        }
    }

    /// Asserts that only these hops failed.
    #[track_caller]
    pub(crate) fn fails_only(&self, names: &[&str]) {
        let hops = self.json["hops"].as_array().unwrap().iter();
        let failed: Vec<_> = hops
            .filter(|hop| hop["verdict"] == "FAIL")
            .map(|hop| hop["name"].as_str().unwrap())
            .collect();
        assert_eq!(failed, names, "{self}");
    }
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "exit {}\n{:#}\n{}", self.code, self.json, self.stderr)
    }
}
