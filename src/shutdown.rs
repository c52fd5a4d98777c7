//! SIGINT, SIGTERM and SIGHUP: the first one starts a graceful shutdown, the second one aborts. And readiness, which ends first.

use std::{
    fs,
    future::pending,
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::oneshot,
};

/// Whether a service wants requests: not while it starts, and not while it drains. Clones share one state.
#[derive(Clone, Debug, Default)]
pub struct Readiness(Arc<AtomicBool>);

impl Readiness {
    /// Changes it.
    pub fn set(&self, is_ready: bool) {
        self.0.store(is_ready, Ordering::Release);
    }

    /// What it is now.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// The signals that ask a process to stop.
#[derive(Debug)]
pub struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Option<Signal>,
}

impl Signals {
    /// Installs the handlers. Needs a Tokio runtime.
    ///
    /// # Errors
    /// When a handler cannot be installed.
    pub fn register() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?, // Ctrl-C
            terminate: signal(SignalKind::terminate())?, // Docker, Kubernetes, systemd
            // The terminal was closed.
            hang_up: (!ignores_hang_up())
                .then(|| signal(SignalKind::hangup()))
                .transpose()?,
        })
    }

    /// Runs `work`, which is told of the first signal by its [`Stop`]. `None` where a second signal came before `work`
    /// ended, which is dropped then.
    pub async fn run_until_second<T>(mut self, work: impl AsyncFnOnce(Stop) -> T) -> Option<T> {
        let (first, stop) = oneshot::channel();
        tokio::select! {
            done = work(Stop(stop)) => Some(done),
            () = self.wait_for_two(first) => None,
        }
    }

    async fn wait_for_two(&mut self, first: oneshot::Sender<()>) {
        let name = self.next().await;
        tracing::info!("{name}: shutting down; a second signal aborts");
        drop(first);
        let name = self.next().await;
        tracing::error!("{name}: aborted");
    }

    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.interrupt.recv() => "SIGINT",
            _ = self.terminate.recv() => "SIGTERM",
            () = received(self.hang_up.as_mut()) => "SIGHUP",
        }
    }
}

/// Never ends without a handler.
async fn received(signal: Option<&mut Signal>) {
    match signal {
        Some(signal) => drop(signal.recv().await),
        None => pending().await,
    }
}

/// Whether the process was started with SIGHUP ignored, as `nohup` does: it stays ignored then. A system without `/proc`
/// does not say.
fn ignores_hang_up() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    ignored.is_some_and(|mask| mask & 1 == 1) // bit 0 is signal 1
}

/// Ends with the first signal.
#[derive(Debug)]
pub struct Stop(oneshot::Receiver<()>);

impl Stop {
    /// Waits for the first signal.
    pub async fn requested(self) {
        // The sender is dropped, not used: the error is what this waits for.
        let _ = self.0.await;
    }
}
