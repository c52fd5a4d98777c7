//! A service under callgrind, and a number of requests to it.

use std::{fs, io::ErrorKind, net::SocketAddr, path::Path, process::Command, time::Duration};

use anyhow::{Context, ensure};
use tokio::{runtime, task::JoinSet};

use crate::{
    connection::Connection,
    process::{self, Process},
    service::Service,
};

/// Keep-alive connections, each with one request at a time.
const CONNECTIONS: u32 = 64;

pub fn is_installed() -> anyhow::Result<bool> {
    match Command::new("valgrind").arg("--version").output() {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// The instructions of a service from its start to its end, with this many requests in between.
pub fn count(
    service: &Service,
    environment: Vec<(&'static str, String)>,
    requests: u32,
) -> anyhow::Result<u64> {
    let address = process::free_address()?;
    let counts =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("callgrind.{}", address.port()));
    let mut command = Command::new("valgrind");
    command
        .arg("--tool=callgrind")
        .arg(format!("--callgrind-out-file={}", counts.display()))
        .arg(&service.program)
        .args(&service.arguments)
        .arg(address.to_string())
        .envs(environment);
    let process = Process::spawn(&mut command)?;
    process::wait_for(address, "/healthz", Duration::from_millis(20))
        .with_context(|| format!("{command:?}"))?;
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(drive(address, requests / CONNECTIONS))?;
    if service.is_scraped {
        let scrape = process::get(address, "/metrics")?;
        let value = format!(" {requests}");
        let has_all = |line: &str| line.contains("_count{") && line.ends_with(&value);
        ensure!(
            scrape.lines().any(has_all),
            "no metric counts {requests} requests: {scrape}"
        );
    }
    process.end()?;
    let text = fs::read_to_string(&counts).with_context(|| counts.display().to_string())?;
    if std::env::var_os("KEEP_CALLGRIND").is_none() {
        fs::remove_file(&counts)?;
    }
    let total = text.lines().find_map(|line| line.strip_prefix("totals: "));
    total
        .and_then(|total| total.trim().parse().ok())
        .with_context(|| format!("no totals in {}", counts.display()))
}

/// Sends so many requests on each connection.
async fn drive(address: SocketAddr, requests: u32) -> anyhow::Result<()> {
    let mut all = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let mut connection = Connection::open(address, "/images").await?;
        all.spawn(async move {
            for _ in 0..requests {
                connection.send().await?;
                connection.receive().await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(done) = all.join_next().await {
        done??;
    }
    Ok(())
}
