//! What the rounds write and the routes read.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{metrics, tally::Tally};
use crate::telemetry::Metrics;

/// The state of one canary.
#[derive(Debug)]
pub struct State {
    /// The exposition.
    pub exposition: Metrics,
    /// The instruments of the canary.
    pub metrics: metrics::Metrics,
    /// The URL of the target, without its password.
    pub target: String,
    tally: Mutex<Tally>,
}

impl State {
    /// Before the first round.
    pub fn new(exposition: Metrics, metrics: metrics::Metrics, target: String) -> Arc<Self> {
        Arc::new(Self {
            exposition,
            metrics,
            target,
            tally: Mutex::default(),
        })
    }

    /// The rounds so far.
    pub fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
