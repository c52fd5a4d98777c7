//! A real chromedriver, which starts browsers: <https://developer.chrome.com/docs/chromedriver>.

use std::{net::SocketAddr, process::Command};

use super::process::Process;

/// A running chromedriver.
pub(crate) struct Chromedriver {
    pub(crate) address: SocketAddr,
    pub(crate) process: Process,
}

impl Chromedriver {
    /// Starts one on a free port of its choice.
    pub(crate) fn start() -> Self {
        let process = Process::spawn(Command::new("chromedriver").arg("--port=0"));
        let line = process.line_with("started successfully on port");
        let port = line.trim_end_matches('.').rsplit(' ').next();
        let port: u16 = port.and_then(|port| port.parse().ok()).unwrap();
        Self {
            address: SocketAddr::from(([127, 0, 0, 1], port)),
            process,
        }
    }
}
