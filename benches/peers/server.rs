//! One server process: started on a free port of the loopback, asked for its CPU time and memory, ended by its pid.

use crate::{cpu, recipe::Recipe};
use anyhow::{Context, ensure};
use std::{
    fs,
    io::{self, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

const PATIENCE: Duration = Duration::from_secs(15);

pub struct Server {
    child: Child,
    pub address: SocketAddr,
    /// From its start to its first answer.
    pub started_in: Duration,
}

impl Server {
    /// Starts what `recipe` says and waits until it has answered once.
    pub fn start(recipe: &Recipe) -> anyhow::Result<Self> {
        let address = free_address()?;
        let mut command = Command::new(&recipe.program);
        command
            .args(recipe.arguments_for(address))
            .env_clear()
            .envs(recipe.environment.iter().cloned());
        let start = Instant::now();
        let mut server = Self {
            child: spawn(&mut command)?,
            address,
            started_in: Duration::ZERO,
        };
        while get(address, "/healthz").is_err() {
            ensure!(start.elapsed() < PATIENCE, "{command:?} does not answer");
            thread::sleep(Duration::from_micros(200));
        }
        server.started_in = start.elapsed();
        Ok(server)
    }

    /// User and system time so far.
    pub fn cpu(&self) -> anyhow::Result<Duration> {
        cpu::of_threads(self.child.id(), |_| true)
    }

    /// A line of `/proc/PID/status`, in bytes: `VmRSS` is what is resident, `VmHWM` the most that ever was.
    pub fn memory(&self, line: &str) -> anyhow::Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let kibibytes = status
            .lines()
            .find_map(|found| found.strip_prefix(line)?.strip_prefix(':'))
            .and_then(|rest| rest.trim().strip_suffix(" kB"))
            .with_context(|| format!("no {line} in {status}"))?;
        Ok(kibibytes.parse::<f64>()? * 1024.0)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        stop(&mut self.child);
    }
}

/// Starts `command` without letting it write between our lines.
pub fn spawn(command: &mut Command) -> anyhow::Result<Child> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .with_context(|| format!("{command:?}"))
}

/// Ends a child at once. One that is gone already is no error.
pub fn stop(child: &mut Child) {
    drop(child.kill());
    drop(child.wait());
}

/// A port that was free a moment ago.
pub fn free_address() -> io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}

/// The whole answer, which HTTP/1.0 ends by closing.
pub fn get(address: SocketAddr, path: &str) -> anyhow::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(format!("GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n").as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    ensure!(answer.contains(" 200 "), "{path}: {answer}");
    Ok(answer)
}
