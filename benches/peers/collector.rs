//! The receiver of the spans: an OpenTelemetry Collector that counts them and throws them away.

use crate::server;
use anyhow::{Context, ensure};
use std::{
    fs,
    io::ErrorKind,
    net::SocketAddr,
    path::Path,
    process::{Child, Command},
    thread,
    time::{Duration, Instant},
};

const PATIENCE: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(50);

pub struct Collector {
    child: Child,
    otlp: SocketAddr,
    telemetry: SocketAddr,
}

impl Collector {
    /// Starts one; `None`, and a line that says so, where there is no `otelcol`.
    pub fn start() -> anyhow::Result<Option<Self>> {
        let found = Command::new("otelcol").arg("--version").output();
        if found.is_err_and(|error| error.kind() == ErrorKind::NotFound) {
            println!("skipped: no `otelcol` on PATH, so nothing is traced");
            return Ok(None);
        }
        let (otlp, telemetry) = (server::free_address()?, server::free_address()?);
        let file =
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("otelcol-{}.yaml", otlp.port()));
        fs::write(&file, configuration(otlp, telemetry))?;
        let child = server::spawn(Command::new("otelcol").arg("--config").arg(&file))?;
        let collector = Self {
            child,
            otlp,
            telemetry,
        };
        let start = Instant::now();
        while server::get(telemetry, "/metrics").is_err() {
            ensure!(
                start.elapsed() < PATIENCE,
                "otelcol does not start with {}",
                file.display()
            );
            thread::sleep(PAUSE);
        }
        fs::remove_file(file)?;
        Ok(Some(collector))
    }

    /// For `OTEL_EXPORTER_OTLP_ENDPOINT`, gRPC.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.otlp)
    }

    /// How many spans have come so far, once there are at least `expected` of them or 20 s are over.
    pub fn received(&self, expected: u32) -> anyhow::Result<u32> {
        let start = Instant::now();
        loop {
            let received = self.count()?;
            if received >= expected || start.elapsed() > PATIENCE {
                return Ok(received);
            }
            thread::sleep(PAUSE);
        }
    }

    fn count(&self) -> anyhow::Result<u32> {
        let scrape = server::get(self.telemetry, "/metrics")?;
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

impl Drop for Collector {
    fn drop(&mut self) {
        server::stop(&mut self.child);
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
