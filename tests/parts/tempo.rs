//! A real Grafana Tempo as one process (<https://grafana.com/docs/tempo/latest/configuration/>). The lab does not have it: a
//! test that needs it begins with [`absent_without_failure`](super::absent_without_failure).

use std::{net::SocketAddr, process::Command};

use serde_json::{Value, json};

use super::{
    get,
    process::{Folder, Process, free_address},
};

/// A running Tempo with a data directory of its own.
pub(crate) struct Tempo {
    pub(crate) address: SocketAddr,
    /// OTLP over gRPC.
    pub(crate) grpc: SocketAddr,
    _process: Process,
    _folder: Folder,
}

impl Tempo {
    /// Starts one without tenants.
    pub(crate) fn start() -> Self {
        Self::run(false)
    }

    /// Starts one that takes and gives traces only with the name of a tenant.
    pub(crate) fn with_tenants() -> Self {
        Self::run(true)
    }

    fn run(has_tenants: bool) -> Self {
        let folder = Folder::new("tempo");
        let make = || {
            let ports = [(); 4].map(|()| free_address());
            let mut config = config(&folder, &ports);
            config["multitenancy_enabled"] = json!(has_tenants);
            let file = folder.write("tempo.yml", &config.to_string()); // JSON is YAML
            let mut command = Command::new("tempo");
            command.arg(format!("-config.file={}", file.display()));
            (ports, command)
        };
        let is_ready =
            |[http, ..]: &[SocketAddr; 4]| get(*http, "/ready").is_ok_and(|it| it.status == 200);
        let ([address, grpc, ..], process) = Process::ready(make, is_ready);
        Self {
            address,
            grpc,
            _process: process,
            _folder: folder,
        }
    }

    /// The address as a base URL.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The variables that make a service export here, without delay.
    pub(crate) fn environment(&self) -> Vec<(&'static str, String)> {
        super::collector::environment(self.grpc, "grpc")
    }
}

fn config(folder: &Folder, [http, grpc, internal, members]: &[SocketAddr; 4]) -> Value {
    let host = http.ip().to_string();
    let ring = json!({"kvstore": {"store": "inmemory"}, "instance_addr": host});
    let lifecycler = json!({
        "address": host, "min_ready_duration": "0s", "final_sleep": "0s",
        "ring": {"kvstore": {"store": "inmemory"}, "replication_factor": 1},
    });
    let data = |name: &str| json!({"path": folder.path().join(name)});
    json!({
        "server": {
            "http_listen_address": host, "http_listen_port": http.port(),
            "grpc_listen_address": host, "grpc_listen_port": internal.port(),
            "log_level": "warn",
        },
        "distributor": {
            "ring": ring,
            "receivers": {"otlp": {"protocols": {"grpc": {"endpoint": grpc.to_string()}}}},
        },
        "ingester": {"lifecycler": lifecycler},
        "storage": {"trace": {"backend": "local", "local": data("blocks"), "wal": data("wal")}},
        "memberlist": {"bind_addr": [host], "bind_port": members.port()},
        "usage_report": {"reporting_enabled": false},
    })
}
