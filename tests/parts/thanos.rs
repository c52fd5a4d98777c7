//! A real Thanos: a sidecar beside each Prometheus, and a Query over them. <https://thanos.io/tip/components/query.md/>

use std::{net::SocketAddr, process::Command};

use super::{
    Prometheus, get,
    process::{Folder, Process, free_address},
    until,
};

/// A running Thanos Query, with its sidecars.
pub(crate) struct Thanos {
    pub(crate) address: SocketAddr,
    _query: Process,
    sidecars: Vec<Process>,
    _folder: Folder,
}

impl Thanos {
    /// Starts one over these, which deduplicates by this label.
    pub(crate) fn over(all: &[&Prometheus], replica_label: &str) -> Self {
        let folder = Folder::new("thanos");
        let sidecars: Vec<_> = all.iter().map(|it| sidecar(it, &folder)).collect();
        let make = || {
            let (http, grpc) = (free_address(), free_address());
            let mut command = Command::new("thanos");
            command
                .args(["query", "--log.level=warn"])
                .arg(format!("--http-address={http}"))
                .arg(format!("--grpc-address={grpc}"))
                .arg(format!("--query.replica-label={replica_label}"));
            let endpoints = sidecars.iter();
            command.args(endpoints.map(|((grpc, _), _)| format!("--endpoint={grpc}")));
            (http, command)
        };
        let (address, query) = Process::ready(make, is_ready);
        let thanos = Self {
            address,
            _query: query,
            sidecars: sidecars.into_iter().map(|(_, process)| process).collect(),
            _folder: folder,
        };
        until("Thanos Query to know every sidecar", || {
            let stores = get(address, "/api/v1/stores").ok()?.json();
            let known = stores["data"]["sidecar"].as_array()?.len();
            (known == thanos.sidecars.len()).then_some(())
        });
        thanos
    }

    /// The address as a base URL.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

fn sidecar(prometheus: &Prometheus, folder: &Folder) -> ((SocketAddr, SocketAddr), Process) {
    let make = || {
        let (grpc, http) = (free_address(), free_address());
        let mut command = Command::new("thanos");
        command
            .args(["sidecar", "--log.level=warn"])
            .arg(format!("--prometheus.url={}", prometheus.url()))
            .arg(format!("--tsdb.path={}", folder.path().display()))
            .arg(format!("--grpc-address={grpc}"))
            .arg(format!("--http-address={http}"));
        ((grpc, http), command)
    };
    Process::ready(make, |(_, http)| is_ready(http))
}

fn is_ready(http: &SocketAddr) -> bool {
    get(*http, "/-/ready").is_ok_and(|answer| answer.status == 200)
}
