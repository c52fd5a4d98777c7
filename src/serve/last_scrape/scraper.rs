//! One who scrapes, and when it is due.

use std::{net::IpAddr, sync::Weak, time::Duration};

use tokio::time::Instant;

/// How many of its last intervals are remembered; the longest counts, since one may be cut short by a reload.
const INTERVALS: usize = 3;

/// One who scrapes: an address and a user agent. Several with the same of both are told apart by their connections, and by
/// when they are due where these are closed.
#[derive(Clone, Debug)]
pub struct Scraper {
    pub address: IpAddr,
    pub agent: String,
    /// The connection of its last scrape.
    pub connection: Weak<()>,
    /// When that began.
    pub seen: Instant,
    /// How many requests had left when its last whole scrape began.
    pub read: u64,
    /// The latest last.
    pub intervals: Vec<Duration>,
}

impl Scraper {
    /// How far apart its scrapes are; unknown after the first one.
    pub fn interval(&self) -> Option<Duration> {
        self.intervals.iter().copied().max()
    }

    /// When the next scrape should begin.
    pub fn due(&self) -> Instant {
        self.seen + self.interval().unwrap_or_default()
    }

    /// Notes the beginning of a scrape.
    pub fn came(&mut self, at: Instant) {
        self.intervals.push(at - self.seen);
        let surplus = self.intervals.len().saturating_sub(INTERVALS);
        self.intervals.drain(..surplus);
        self.seen = at;
    }
}
