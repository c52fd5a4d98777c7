//! A real `VictoriaMetrics` (one node): <https://docs.victoriametrics.com/victoriametrics/single-server-victoriametrics/>.

use std::{net::SocketAddr, process::Command};

use super::{
    escaped, get,
    process::{Folder, Process, free_address},
};

/// A running server with a data directory of its own.
pub(crate) struct VictoriaMetrics {
    pub(crate) address: SocketAddr,
    _process: Process,
    _folder: Folder,
}

impl VictoriaMetrics {
    /// Starts one that scrapes by this configuration, as of Prometheus.
    pub(crate) fn scraping(config: &str) -> Self {
        Self::run(Some(config))
    }

    /// Starts one that scrapes nothing.
    pub(crate) fn start() -> Self {
        Self::run(None)
    }

    fn run(config: Option<&str>) -> Self {
        let folder = Folder::new("victoria-metrics");
        let file = config.map(|config| folder.write("scrape.yml", config));
        let make = || {
            let address = free_address();
            let mut command = Command::new("victoria-metrics");
            let data = folder.path().join("data");
            command
                .arg(format!("-storageDataPath={}", data.display()))
                .arg(format!("-httpListenAddr={address}"));
            let file = file.iter();
            command.args(file.map(|file| format!("-promscrape.config={}", file.display())));
            (address, command)
        };
        let is_ready =
            |address: &SocketAddr| get(*address, "/ready").is_ok_and(|answer| answer.status == 200);
        let (address, process) = Process::ready(make, is_ready);
        Self {
            address,
            _process: process,
            _folder: folder,
        }
    }

    /// Whether there is a series with this label matcher.
    pub(crate) fn has(&self, matcher: &str) -> bool {
        let query = escaped(&format!("{{{matcher}}}"));
        let path = format!("/api/v1/query?latency_offset=1ms&query={query}");
        let found = get(self.address, &path).unwrap().json();
        found["data"]["result"][0].is_object()
    }

    /// The address as a base URL.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}
