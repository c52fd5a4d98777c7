//! How each server is started, and the path to request. Delays are in seconds.

use crate::{collector::Collector, go, rust::Peer};
use std::{net::SocketAddr, path::PathBuf, process::Command};

/// The version of podinfo; its tags are not module versions.
const PODINFO: &str = "v1.8.1-0.20250910200901-e86405a8674e";

/// How one server is started.
pub struct Recipe {
    pub name: String,
    pub program: PathBuf,
    /// `ADDRESS` and `PORT` are placeholders for the listen address.
    arguments: Vec<String>,
    pub environment: Vec<(&'static str, String)>,
    /// Requested under load.
    pub path: String,
}

impl Recipe {
    pub fn ours(name: &str, delay: u32) -> Self {
        let delay = format!("constant({delay}s)");
        let program = env!("CARGO_BIN_EXE_httpserver").into();
        let arguments = ["serve", "--listen", "ADDRESS", "--delay", &delay];
        Self::new(name, program, &arguments)
    }

    /// A peer written in Rust.
    pub fn rust(peer: &Peer, delay: u32) -> Self {
        let delay = (delay * 1000).to_string();
        Self::new(peer.name, peer.program(), &[peer.name, &delay, "ADDRESS"])
    }

    /// Samples this share of the requests, and exports their spans.
    pub fn sampled(self, share: &str, collector: &Collector) -> Self {
        let environment = collector.environment(share);
        Self {
            environment,
            ..self
        }
    }

    /// The seed's server; `None` without Go.
    pub fn seed(delay: u32) -> anyhow::Result<Option<Self>> {
        let bound = format!("{delay}s");
        let arguments = [
            "-listen",
            "ADDRESS",
            "-min-delay",
            &bound,
            "-max-delay",
            &bound,
        ];
        let program = go::build("seed")?;
        Ok(program.map(|program| Self::new("seed's server, Go", program, &arguments)))
    }

    /// podinfo; `None` without Go.
    pub fn podinfo(delay: u32) -> anyhow::Result<Option<Self>> {
        let directory = go::directory().join(format!("podinfo-{PODINFO}"));
        let program = directory.join("podinfo");
        let mut install = Command::new("go");
        install
            .arg("install")
            .arg(format!(
                "github.com/stefanprodan/podinfo/cmd/podinfo@{PODINFO}"
            ))
            .env("GOBIN", directory);
        if !program.exists() && !go::run(&mut install)? {
            return Ok(None);
        }
        let recipe = Self::new(
            "podinfo",
            program,
            &["--host", "127.0.0.1", "--port", "PORT"],
        );
        Ok(Some(Self {
            path: match delay {
                0 => "/version".to_owned(),
                seconds => format!("/delay/{seconds}"),
            },
            ..recipe
        }))
    }

    fn new(name: &str, program: PathBuf, arguments: &[&str]) -> Self {
        Self {
            name: name.to_owned(),
            program,
            arguments: arguments.iter().map(ToString::to_string).collect(),
            environment: Vec::new(),
            path: "/images".to_owned(),
        }
    }

    pub fn arguments_for(&self, address: SocketAddr) -> impl Iterator<Item = String> {
        let port = address.port().to_string();
        self.arguments
            .iter()
            .map(move |argument| match argument.as_str() {
                "ADDRESS" => address.to_string(),
                "PORT" => port.clone(),
                other => other.to_owned(),
            })
    }
}
