//! One run of the command, and what it reported.

use std::process::{Child, Command, Stdio};

use serde_json::Value;

/// What `verify --output json` said.
pub(crate) struct Report {
    pub(crate) code: i32,
    pub(crate) json: Value,
    pub(crate) stderr: String,
}

/// Short and quick, and patient with the clock of a busy machine.
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

/// The usual flags, those of the caller instead where they are the same.
pub(crate) fn command(flags: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_httpserver"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("HTTPSERVER_")) {
        command.env_remove(name);
    }
    command.arg("verify").args(flags);
    for pair in USUAL.chunks(2).filter(|pair| !flags.contains(&pair[0])) {
        command.args(pair);
    }
    command
}

/// Runs it to its end.
pub(crate) fn verify(flags: &[&str]) -> Report {
    start(flags).end()
}

/// Starts it.
pub(crate) fn start(flags: &[&str]) -> Running {
    let mut command = command(flags);
    command.args(["--output", "json"]);
    let piped = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    Running(piped.spawn().unwrap())
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

    /// Waits for its end.
    pub(crate) fn end(self) -> Report {
        let output = self.0.wait_with_output().unwrap();
        Report {
            code: output.status.code().unwrap(),
            json: serde_json::from_slice(&output.stdout).unwrap_or(Value::Null),
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

    /// The line of a hop, and those below it.
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

    /// Asserts that a hop came to this, in words among which are these.
    #[track_caller]
    pub(crate) fn expect(&self, name: &str, verdict: &str, words: &[&str]) {
        assert_eq!(self.verdict(name), verdict, "{name}: {self}");
        let says = self.says(name);
        for word in words {
            assert!(says.contains(word), "`{word}` is not in `{says}`: {self}");
        }
    }

    /// Asserts that this hop failed, and says so; and that the command did.
    #[track_caller]
    pub(crate) fn fails(&self, name: &str, words: &[&str]) {
        self.expect(name, "FAIL", words);
        assert_eq!(self.code, 1, "{self}");
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
