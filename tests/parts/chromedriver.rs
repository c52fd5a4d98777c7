//! A real chromedriver, which starts browsers: <https://developer.chrome.com/docs/chromedriver>.

use std::{
    net::{SocketAddr, TcpStream},
    process::Command,
};

use super::process::{Process, free_address};

/// A running chromedriver.
pub(crate) struct Chromedriver {
    pub(crate) address: SocketAddr,
    pub(crate) process: Process,
}

impl Chromedriver {
    /// Starts one on a free port; on another one where it ends at once, as when something else has the same port of IPv6.
    pub(crate) fn start() -> Self {
        let make = || {
            let address = free_address();
            let mut command = Command::new("chromedriver");
            command.arg(format!("--port={}", address.port()));
            (address, command)
        };
        let is_ready = |address: &SocketAddr| TcpStream::connect(address).is_ok();
        let (address, process) = Process::ready(make, is_ready);
        Self { address, process }
    }
}
