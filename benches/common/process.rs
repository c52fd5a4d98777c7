//! Child processes on free loopback ports, and plain HTTP requests to them.

use anyhow::{Context, ensure};
use std::{
    io::{self, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

const TIMEOUT: Duration = Duration::from_secs(20);

/// A child process, killed when dropped.
pub struct Process(Child);

impl Process {
    /// Starts `command` without its output, which would mix with ours.
    pub fn spawn(command: &mut Command) -> anyhow::Result<Self> {
        let command = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        Ok(Self(
            command.spawn().with_context(|| format!("{command:?}"))?,
        ))
    }

    #[allow(dead_code, reason = "not every benchmark asks")]
    pub fn id(&self) -> u32 {
        self.0.id()
    }

    /// Ends it with SIGTERM, and waits until it has ended.
    #[allow(dead_code, reason = "not every benchmark asks")]
    pub fn end(mut self) -> anyhow::Result<()> {
        let pid = rustix::process::Pid::from_child(&self.0);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM)?;
        let status = self.0.wait()?;
        ensure!(status.success(), "after SIGTERM: {status}");
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Fails only if it has exited already.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// An address whose port was free a moment ago.
pub fn free_address() -> io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}

/// The whole response; HTTP/1.0 ends it by closing the connection.
pub fn get(address: SocketAddr, path: &str) -> anyhow::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.write_all(format!("GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n").as_bytes())?;
    let mut response = String::new();
    stream.read_to_string(&mut response)?;
    ensure!(response.contains(" 200 "), "{path}: {response}");
    Ok(response)
}

/// Polls `path` until it responds with 200.
pub fn wait_for(address: SocketAddr, path: &str, pause: Duration) -> anyhow::Result<()> {
    let start = Instant::now();
    while let Err(error) = get(address, path) {
        ensure!(
            start.elapsed() < TIMEOUT,
            "http://{address}{path} does not respond: {error:#}"
        );
        thread::sleep(pause);
    }
    Ok(())
}
