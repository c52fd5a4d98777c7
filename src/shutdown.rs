//! SIGINT and SIGTERM: the first asks for an end, the second makes one.

use std::io;

use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::oneshot,
};

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

    /// Does `work`, and tells it of the first signal by ending the future that it is given. `None` where a second one
    /// came before the work was done: it was dropped then.
    pub async fn attend<T>(mut self, work: impl AsyncFnOnce(Stop) -> T) -> Option<T> {
        let (first, stop) = oneshot::channel();
        tokio::select! {
            done = work(Stop(stop)) => Some(done),
            () = self.two(first) => None,
        }
    }

    async fn two(&mut self, first: oneshot::Sender<()>) {
        let name = self.next().await;
        tracing::info!("{name}: coming to an end; a second signal aborts");
        drop(first);
        let name = self.next().await;
        tracing::error!("{name}: aborted");
    }

    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.interrupt.recv() => "SIGINT",
            _ = self.terminate.recv() => "SIGTERM",
        }
    }
}

/// Ends with the first signal.
#[derive(Debug)]
pub struct Stop(oneshot::Receiver<()>);

impl Stop {
    /// Waits for the first signal.
    pub async fn asked(self) {
        // The sender is dropped, not used: an error is what is waited for.
        let _ = self.0.await;
    }
}
