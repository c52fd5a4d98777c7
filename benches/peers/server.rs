//! One server process: its start-up time, its CPU time and its memory.

use crate::{
    cpu, memory,
    process::{self, Process},
    recipe::Recipe,
};
use anyhow::Context;
use std::{
    net::SocketAddr,
    process::Command,
    time::{Duration, Instant},
};

pub struct Server {
    process: Process,
    pub address: SocketAddr,
    /// From its start to its first response.
    pub started_in: Duration,
}

impl Server {
    /// Starts the server of `recipe` and waits for its first response.
    pub fn start(recipe: &Recipe) -> anyhow::Result<Self> {
        let address = process::free_address()?;
        let mut command = Command::new(&recipe.program);
        command
            .args(recipe.arguments_for(address))
            .env_clear()
            .envs(recipe.environment.iter().cloned());
        let start = Instant::now();
        let process = Process::spawn(&mut command)?;
        process::wait_for(address, "/healthz", Duration::from_micros(200))
            .with_context(|| format!("{command:?}"))?;
        Ok(Self {
            process,
            address,
            started_in: start.elapsed(),
        })
    }

    /// User and system time so far.
    pub fn cpu(&self) -> anyhow::Result<Duration> {
        cpu::of_threads(self.process.id(), |_| true)
    }

    /// A line of `/proc/PID/status`, in bytes.
    pub fn memory(&self, line: &str) -> anyhow::Result<f64> {
        memory::of(self.process.id(), line)
    }
}
