//! How many requests are in flight, on a server and on each of its connections, and when there are none left.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

use tokio::sync::Notify;

/// A server's count of requests in flight.
#[derive(Debug, Default)]
pub struct InFlight {
    count: AtomicUsize,
    became_idle: Notify,
}

/// The count of one connection.
#[derive(Debug)]
pub struct ConnectionInFlight {
    server: Arc<InFlight>,
    count: AtomicUsize,
}

/// One request in flight, until it is dropped.
#[derive(Debug)]
pub struct Entered(Arc<ConnectionInFlight>);

impl InFlight {
    pub fn is_idle(&self) -> bool {
        self.count.load(SeqCst) == 0
    }

    /// Waits until no request is in flight.
    pub async fn idle(&self) {
        loop {
            let became_idle = self.became_idle.notified();
            if self.is_idle() {
                return;
            }
            became_idle.await;
        }
    }
}

impl ConnectionInFlight {
    pub fn of(server: &Arc<InFlight>) -> Arc<Self> {
        Arc::new(Self {
            server: Arc::clone(server),
            count: AtomicUsize::new(0),
        })
    }

    pub fn enter(self: &Arc<Self>) -> Entered {
        self.count.fetch_add(1, SeqCst);
        self.server.count.fetch_add(1, SeqCst);
        Entered(Arc::clone(self))
    }

    pub fn is_idle(&self) -> bool {
        self.count.load(SeqCst) == 0
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        let connection = &self.0;
        connection.count.fetch_sub(1, SeqCst);
        if connection.server.count.fetch_sub(1, SeqCst) == 1 {
            connection.server.became_idle.notify_waiters();
        }
    }
}
