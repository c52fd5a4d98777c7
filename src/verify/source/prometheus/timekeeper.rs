//! The clock that the samples are stamped with, and how far it is ahead of this machine's.

use std::cell::Cell;

use serde::Deserialize;

use super::api::{Prometheus, PrometheusError};
use crate::verify::{model::clocks::Ahead, source::clock::unix_millis};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RuntimeInfo {
    #[serde(default)]
    start_time: Option<String>,
}

/// The server that scrapes.
pub struct Timekeeper {
    server: Prometheus,
    ahead: Cell<Ahead>,
}

impl Timekeeper {
    pub fn new(server: Prometheus) -> Self {
        let ahead = Cell::default();
        Self { server, ahead }
    }

    /// Its time, in milliseconds.
    pub async fn now(&self) -> Result<i64, PrometheusError> {
        let asked = unix_millis();
        let now = self.server.now().await?;
        let mut ahead = self.ahead.get();
        ahead.add(now, latest(now) - now, (asked, unix_millis()));
        self.ahead.set(ahead);
        Ok(now)
    }

    /// When its process was started, where it tells.
    pub async fn started(&self) -> Option<String> {
        let path = "/api/v1/status/runtimeinfo";
        let info = self.server.ask::<RuntimeInfo>("runtimeinfo", path, &[]);
        info.await.ok()?.start_time
    }

    pub fn ahead(&self) -> Ahead {
        self.ahead.get()
    }

    /// Fails where the clock stepped since the first question.
    pub fn check(&self) -> Result<(), PrometheusError> {
        let step = self.ahead().step();
        step.map_or(Ok(()), |step| Err(self.server.stepped(step)))
    }
}

/// The latest instant that this time may stand for: Cortex takes the begin of the second.
pub fn latest(now: i64) -> i64 {
    if now % 1000 == 0 { now + 999 } else { now }
}
