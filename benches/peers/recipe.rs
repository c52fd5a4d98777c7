//! How each server is started, and the path to request. Delays are in seconds.

use crate::{collector::Collector, go};
use std::{env, net::SocketAddr, path::PathBuf, process::Command};

/// The version of podinfo; its tags are not module versions.
const PODINFO: &str = "v1.8.1-0.20250910200901-e86405a8674e";

/// How one server is started.
pub struct Recipe {
    pub name: &'static str,
    pub program: PathBuf,
    /// `ADDRESS` and `PORT` are placeholders for the listen address.
    arguments: Vec<String>,
    pub environment: Vec<(&'static str, String)>,
    /// Requested under load.
    pub path: String,
}

/// The share of requests that our own server samples.
#[derive(Clone, Copy)]
pub enum Tracing {
    Off,
    Share(&'static str),
}

impl Recipe {
    pub fn bare(delay: u32) -> anyhow::Result<Self> {
        let delay = (delay * 1000).to_string();
        let program = env::current_exe()?;
        Ok(Self::new(
            "bare axum",
            program,
            &["bare", "ADDRESS", &delay],
        ))
    }

    pub fn ours(
        name: &'static str,
        delay: u32,
        tracing: Tracing,
        collector: Option<&Collector>,
    ) -> Self {
        let delay = format!("constant({delay}s)");
        let program = env!("CARGO_BIN_EXE_httpserver").into();
        let arguments = ["serve", "--listen", "ADDRESS", "--delay", &delay];
        let mut recipe = Self::new(name, program, &arguments);
        if let (Tracing::Share(share), Some(collector)) = (tracing, collector) {
            recipe.environment = vec![
                ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint()),
                ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc".to_owned()),
                ("OTEL_TRACES_SAMPLER", "parentbased_traceidratio".to_owned()),
                ("OTEL_TRACES_SAMPLER_ARG", share.to_owned()),
            ];
        }
        recipe
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

    fn new(name: &'static str, program: PathBuf, arguments: &[&str]) -> Self {
        Self {
            name,
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
