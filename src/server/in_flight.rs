//! How many requests are in flight, and when there are none left.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

use tokio::sync::Notify;

/// A count of requests in flight. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct InFlight(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    count: AtomicUsize,
    became_idle: Notify,
}

/// One request in flight, until it is dropped.
#[derive(Debug)]
pub struct Entered(Arc<Shared>);

impl InFlight {
    pub fn enter(&self) -> Entered {
        self.0.count.fetch_add(1, SeqCst);
        Entered(Arc::clone(&self.0))
    }

    pub fn is_idle(&self) -> bool {
        self.0.count.load(SeqCst) == 0
    }

    /// Waits until no request is in flight.
    pub async fn idle(&self) {
        loop {
            let became_idle = self.0.became_idle.notified();
            if self.is_idle() {
                return;
            }
            became_idle.await;
        }
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        if self.0.count.fetch_sub(1, SeqCst) == 1 {
            self.0.became_idle.notify_waiters();
        }
    }
}
