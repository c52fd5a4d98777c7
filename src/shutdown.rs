//! SIGINT and SIGTERM as futures; registered before anything else, so that none is missed.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals that end the process politely.
#[derive(Debug)]
pub struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    /// Takes the signals over from the operating system's defaults. Needs a Tokio runtime.
    ///
    /// # Errors
    /// When a handler cannot be registered.
    pub fn register() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?, // Ctrl-C
            terminate: signal(SignalKind::terminate())?, // Docker, Kubernetes, systemd
        })
    }

    /// Waits for the next signal and returns its name. Safe to cancel: a signal is never lost.
    pub async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.interrupt.recv() => "SIGINT",
            _ = self.terminate.recv() => "SIGTERM",
        }
    }
}
