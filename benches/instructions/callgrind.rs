//! The release binary under callgrind, and a number of requests to it.

use std::{fs, io::ErrorKind, net::SocketAddr, path::Path, process::Command, time::Duration};

use anyhow::Context;
use tokio::{runtime, task::JoinSet};

use crate::{
    connection::Connection,
    process::{self, Process},
};

pub fn is_installed() -> anyhow::Result<bool> {
    match Command::new("valgrind").arg("--version").output() {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// The instructions of a service from its start to its end, with this many requests in between.
pub fn count(
    binary: &str,
    environment: &[(&'static str, String)],
    connections: u32,
    requests: u32,
) -> anyhow::Result<u64> {
    let address = process::free_address()?;
    let counts =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("callgrind.{}", address.port()));
    let mut command = Command::new("valgrind");
    command
        .arg("--tool=callgrind")
        .arg(format!("--callgrind-out-file={}", counts.display()))
        .arg(binary)
        .args([
            "serve",
            "--delay",
            "constant(0s)",
            "--seed",
            "7",
            "--listen",
        ])
        .arg(address.to_string())
        .envs(environment.iter().cloned());
    let service = Process::spawn(&mut command)?;
    process::wait_for(address, "/healthz", Duration::from_millis(20))?;
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(drive(address, connections, requests / connections))?;
    service.end()?;
    let text = fs::read_to_string(&counts).with_context(|| counts.display().to_string())?;
    if std::env::var_os("KEEP_CALLGRIND").is_none() {
        fs::remove_file(&counts)?;
    }
    let total = text.lines().find_map(|line| line.strip_prefix("totals: "));
    total
        .and_then(|total| total.trim().parse().ok())
        .with_context(|| format!("no totals in {}", counts.display()))
}

async fn drive(address: SocketAddr, connections: u32, requests: u32) -> anyhow::Result<()> {
    let mut all = JoinSet::new();
    for _ in 0..connections {
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
