//! An OpenTelemetry Collector that counts spans and discards them.

use crate::process::{self, Process};
use anyhow::Context;
use std::{
    fs,
    io::ErrorKind,
    net::SocketAddr,
    path::Path,
    process::Command,
    thread,
    time::{Duration, Instant},
};

const TIMEOUT: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(50);

pub struct Collector {
    _process: Process,
    otlp: SocketAddr,
    telemetry: SocketAddr,
}

impl Collector {
    /// Starts one; `None`, and a message, if `otelcol` is not installed.
    pub fn start() -> anyhow::Result<Option<Self>> {
        let found = Command::new("otelcol").arg("--version").output();
        if found.is_err_and(|error| error.kind() == ErrorKind::NotFound) {
            println!("skipped: no `otelcol` on PATH, so nothing is traced");
            return Ok(None);
        }
        let (otlp, telemetry) = (process::free_address()?, process::free_address()?);
        let file =
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("otelcol-{}.yaml", otlp.port()));
        fs::write(&file, configuration(otlp, telemetry))?;
        let process = Process::spawn(Command::new("otelcol").arg("--config").arg(&file))?;
        process::wait_for(telemetry, "/metrics", PAUSE)
            .with_context(|| format!("otelcol --config {}", file.display()))?;
        fs::remove_file(file)?;
        Ok(Some(Self {
            _process: process,
            otlp,
            telemetry,
        }))
    }

    /// What makes a service sample this `share` of its requests and export their spans here.
    pub fn environment(&self, share: &str) -> Vec<(&'static str, String)> {
        vec![
            (
                "OTEL_EXPORTER_OTLP_ENDPOINT",
                format!("http://{}", self.otlp),
            ),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc".to_owned()),
            ("OTEL_TRACES_SAMPLER", "parentbased_traceidratio".to_owned()),
            ("OTEL_TRACES_SAMPLER_ARG", share.to_owned()),
            // Holds what waits while the exporter falls behind: callgrind runs one thread at a time.
            ("OTEL_BSP_MAX_QUEUE_SIZE", "65536".to_owned()),
        ]
    }

    /// Waits up to 20 s for `expected` spans; the number received so far.
    pub fn received(&self, expected: u32) -> anyhow::Result<u32> {
        let start = Instant::now();
        loop {
            let received = self.count()?;
            if received >= expected || start.elapsed() > TIMEOUT {
                return Ok(received);
            }
            thread::sleep(PAUSE);
        }
    }

    fn count(&self) -> anyhow::Result<u32> {
        let scrape = process::get(self.telemetry, "/metrics")?;
        let accepted = scrape
            .lines()
            .filter(|line| line.starts_with("otelcol_receiver_accepted_spans"));
        accepted
            .map(|line| {
                let value = line.rsplit(' ').next().context("a sample has a value")?;
                // Go prints large counts as 1.2e+06.
                Ok(format!("{:.0}", value.parse::<f64>()?).parse::<u32>()?)
            })
            .sum()
    }
}

fn configuration(otlp: SocketAddr, telemetry: SocketAddr) -> String {
    let (host, port) = (telemetry.ip(), telemetry.port());
    format!(
        "\
receivers: {{otlp: {{protocols: {{grpc: {{endpoint: '{otlp}'}}}}}}}}
exporters: {{debug: {{}}}}
service:
  pipelines: {{traces: {{receivers: [otlp], exporters: [debug]}}}}
  telemetry:
    metrics: {{readers: [{{pull: {{exporter: {{prometheus: {{host: '{host}', port: {port}}}}}}}}}]}}
"
    )
}
