//! A real OpenTelemetry Collector: OTLP in, to a store where there is one, and counted.

use std::{net::SocketAddr, process::Command};

use serde_json::{Map, Value, json};

use super::{
    get,
    process::{Folder, Process, free_address},
};

/// Where a collector listens.
#[derive(Clone, Copy)]
pub(crate) struct Ports {
    pub(crate) grpc: SocketAddr,
    pub(crate) http: SocketAddr,
    health: SocketAddr,
    metrics: SocketAddr,
}

/// A running collector. Killed and started again on the same ports by [`restart`](Self::restart).
pub(crate) struct Collector {
    pub(crate) ports: Ports,
    pub(crate) process: Process,
    sections: Value,
    folder: Folder,
}

impl Collector {
    /// Starts one that sends spans to an OTLP (gRPC) port, through these processors (a section of its
    /// configuration).
    pub(crate) fn to(store: SocketAddr, processors: &Value) -> Self {
        let tls = json!({"insecure": true});
        let exporters = json!({"otlp": {"endpoint": store.to_string(), "tls": tls}});
        Self::start_sections(json!({"exporters": exporters, "processors": processors}))
    }

    /// Starts one that counts spans and drops them.
    pub(crate) fn counting() -> Self {
        Self::with_tls(&Value::Null)
    }

    /// Starts one that prints the metrics and log records that it receives: see [`printed`](super::printed).
    pub(crate) fn printing() -> Self {
        let exporters = json!({"debug": {"verbosity": "detailed"}});
        let signals = json!(["metrics", "logs"]);
        Self::start_sections(json!({"exporters": exporters, "processors": {}, "signals": signals}))
    }

    /// Starts one that counts spans, and takes them only over TLS with this section.
    pub(crate) fn with_tls(tls: &Value) -> Self {
        let exporters = json!({"debug": {"verbosity": "basic"}});
        Self::start_sections(json!({"exporters": exporters, "processors": {}, "tls": tls}))
    }

    fn start_sections(sections: Value) -> Self {
        let folder = Folder::new("collector");
        let (ports, process) = Self::run(&folder, &sections, None);
        Self {
            ports,
            process,
            sections,
            folder,
        }
    }

    fn run(folder: &Folder, sections: &Value, fixed: Option<Ports>) -> (Ports, Process) {
        let make = || {
            let ports = fixed.unwrap_or_else(|| Ports {
                grpc: free_address(),
                http: free_address(),
                health: free_address(),
                metrics: free_address(),
            });
            let file = folder.write("collector.yml", &config(&ports, sections).to_string());
            let mut command = Command::new("otelcol");
            command.arg(format!("--config=file:{}", file.display()));
            (ports, command)
        };
        let is_up = |address, path| get(address, path).is_ok_and(|answer| answer.status == 200);
        Process::ready(make, |ports| {
            is_up(ports.health, "/") && is_up(ports.metrics, "/metrics")
        })
    }

    /// Starts it again on the same ports, with its counters at zero.
    pub(crate) fn restart(&mut self) {
        self.process.kill();
        (_, self.process) = Self::run(&self.folder, &self.sections, Some(self.ports));
    }

    /// Spans that it has received since its start.
    pub(crate) fn spans(&self) -> f64 {
        let metrics = get(self.ports.metrics, "/metrics").unwrap().body;
        let counts = metrics
            .lines()
            .filter(|line| line.starts_with("otelcol_receiver_accepted_spans"));
        counts
            .map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap())
            .sum()
    }

    /// The variables that make a service export here, without delay.
    pub(crate) fn environment(&self, protocol: &str) -> Vec<(&'static str, String)> {
        let http = protocol == "http/protobuf";
        environment(
            if http {
                self.ports.http
            } else {
                self.ports.grpc
            },
            protocol,
        )
    }
}

/// The variables that make a service export its spans to an OTLP address, without delay.
pub(super) fn environment(address: SocketAddr, protocol: &str) -> Vec<(&'static str, String)> {
    vec![
        ("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://{address}")),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol.to_owned()),
        ("OTEL_BSP_SCHEDULE_DELAY", "100".to_owned()),
    ]
}

fn config(ports: &Ports, sections: &Value) -> Value {
    let names =
        |section: &str| -> Vec<_> { sections[section].as_object().unwrap().keys().collect() };
    let pipeline = json!({
        "receivers": ["otlp"], "processors": names("processors"), "exporters": names("exporters"),
    });
    let signals = sections["signals"].as_array().into_iter().flatten();
    let signals = signals.filter_map(Value::as_str).chain(["traces"]);
    let pipelines: Map<_, _> = signals
        .map(|signal| (signal.to_owned(), pipeline.clone()))
        .collect();
    let (host, port) = (ports.metrics.ip().to_string(), ports.metrics.port());
    json!({
        "receivers": {"otlp": {"protocols": {
            "grpc": {"endpoint": ports.grpc.to_string(), "tls": sections["tls"]},
            "http": {"endpoint": ports.http.to_string(), "tls": sections["tls"]},
        }}},
        "exporters": sections["exporters"],
        "processors": sections["processors"],
        "extensions": {"health_check": {"endpoint": ports.health.to_string()}},
        "service": {
            "extensions": ["health_check"],
            "pipelines": pipelines,
            "telemetry": {"metrics": {"level": "normal", "readers": [
                {"pull": {"exporter": {"prometheus": {"host": host, "port": port}}}},
            ]}},
        },
    })
}
