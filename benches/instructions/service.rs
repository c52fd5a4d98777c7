//! What is measured: our own service, and the peers.

use std::path::PathBuf;

use crate::rust::Peer;

/// A service, and how it is started.
pub struct Service {
    pub name: &'static str,
    pub program: PathBuf,
    /// The listen address follows them.
    pub arguments: Vec<&'static str>,
    /// Whether a run ends with a scrape: some crates aggregate only then what their requests recorded.
    pub is_scraped: bool,
    pub has_traces: bool,
    /// Whether it is measured without traces.
    pub runs_untraced: bool,
}

impl Service {
    pub fn ours(binary: PathBuf) -> Self {
        Self {
            name: "httpserver",
            program: binary,
            arguments: vec![
                "serve",
                "--delay",
                "constant(0s)",
                "--seed",
                "7",
                "--listen",
            ],
            // rustix crashes under valgrind when the process metrics ask it for the page size, and nothing is aggregated late:
            // <https://github.com/bytecodealliance/rustix/issues/1559>
            is_scraped: false,
            has_traces: true,
            runs_untraced: true,
        }
    }
}

impl From<&Peer> for Service {
    fn from(peer: &Peer) -> Self {
        Self {
            name: peer.name,
            program: peer.program(),
            arguments: vec![peer.name, "0"],
            is_scraped: peer.has_metrics,
            has_traces: peer.has_traces,
            runs_untraced: peer.runs_untraced(),
        }
    }
}
