//! The peers written in Rust, `benches/peers/rust`: their names, and how they are built in the target directory.

use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::ensure;

/// One server; it takes the arguments `NAME DELAY_MS ADDRESS`.
pub struct Peer {
    pub name: &'static str,
    package: &'static str,
    pub has_metrics: bool,
    pub has_traces: bool,
}

/// The first is the baseline.
pub const PEERS: [Peer; 8] = [
    Peer::plain("axum"),
    Peer::plain("hyper"),
    Peer::plain("axum-on-hyper"),
    Peer::instrumented("prometheus", true, false),
    Peer::instrumented("axum-prometheus", true, false),
    Peer::instrumented("axum-otel-metrics", true, false),
    Peer::instrumented("opentelemetry-instrumentation-tower", true, true),
    Peer::instrumented("axum-tracing-opentelemetry", false, true),
];

impl Peer {
    const fn plain(name: &'static str) -> Self {
        Self {
            name,
            package: "plain",
            has_metrics: false,
            has_traces: false,
        }
    }

    const fn instrumented(name: &'static str, has_metrics: bool, has_traces: bool) -> Self {
        Self {
            name,
            package: "instrumented",
            has_metrics,
            has_traces,
        }
    }

    pub fn program(&self) -> PathBuf {
        directory().join("release").join(self.package)
    }

    /// Whether it has something to do where no spans are exported.
    pub fn runs_untraced(&self) -> bool {
        self.has_metrics || !self.has_traces
    }
}

/// Builds all of them. Each package alone: cargo would otherwise enable the features that one needs in the others.
pub fn build() -> anyhow::Result<()> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers/rust/Cargo.toml");
    for package in ["plain", "instrumented"] {
        let mut cargo =
            Command::new(env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")));
        cargo
            .args(["build", "--release", "--locked", "--package", package])
            .arg("--manifest-path")
            .arg(&manifest)
            .arg("--target-dir")
            .arg(directory());
        let status = cargo.status()?;
        ensure!(status.success(), "{cargo:?}: {status}");
    }
    Ok(())
}

fn directory() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("rust")
}
