//! Who scrapes, how often, and what each has read.

use std::{
    mem,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::Notify,
    time::{Instant, sleep_until},
};

use super::{log, scraper::Scraper};
use crate::instruments::HttpInstruments;

/// A scraper that did not come for so long is not waited for.
const KNOWN_FOR: Duration = Duration::from_mins(5);
/// Most scrapers that are remembered: any client may say that it is one.
const MAX_KNOWN: usize = 64;
/// How many of its own intervals a scraper is waited for: the next scrape, and what it may be late.
const PATIENCE: f64 = 1.1;
/// Minimum allowance for a late scrape, however short the interval.
const LATE: Duration = Duration::from_millis(2500);

/// Those who scrape `/metrics`.
#[derive(Debug)]
pub struct Scrapers {
    /// How long they are waited for at most.
    grace: Duration,
    requests: HttpInstruments,
    known: Mutex<Vec<Scraper>>,
    has_read: Notify,
}

/// A connection that scrapes may come on.
#[derive(Debug)]
pub struct Connection {
    scrapers: Arc<Scrapers>,
    address: IpAddr,
    /// Referred to by its scraper, which sees that it is closed.
    is_open: Arc<()>,
}

/// A scrape that began.
#[derive(Debug)]
pub struct Scrape {
    connection: Arc<Connection>,
    began: Instant,
    /// How many requests had left before.
    left: u64,
    agent: String,
}

// === impl Scrapers ===

impl Scrapers {
    pub fn new(grace: Duration, requests: &HttpInstruments) -> Arc<Self> {
        Arc::new(Self {
            grace,
            requests: requests.clone(),
            known: Mutex::default(),
            has_read: Notify::new(),
        })
    }

    pub fn connection(self: &Arc<Self>, peer: SocketAddr) -> Arc<Connection> {
        Arc::new(Connection {
            scrapers: Arc::clone(self),
            address: peer.ip().to_canonical(),
            is_open: Arc::default(),
        })
    }

    /// Whether there is a scraper to wait for.
    pub fn are_expected(&self) -> bool {
        !self.grace.is_zero() && self.lately().next().is_some()
    }

    /// Waits until all have read what the requests up to now recorded: each for a little longer than its own interval, and
    /// none longer than the grace.
    pub async fn read_the_last(&self) {
        let (ended, left) = (Instant::now(), self.requests.left());
        let mut is_said = false;
        loop {
            let has_read = self.has_read.notified();
            let awaited = self.lately().filter(|scraper| scraper.read < left);
            let longest = awaited.map(|scraper| self.patience(&scraper)).max();
            let deadline = longest.map(|longest| ended + longest);
            let Some(deadline) = deadline.filter(|it| *it > Instant::now()) else {
                break;
            };
            if !mem::replace(&mut is_said, true) {
                log::begin(deadline - ended);
            }
            tokio::select! {
                () = has_read => {}
                () = sleep_until(deadline) => {}
            }
        }
        for scraper in self.lately() {
            let patience = self.patience(&scraper);
            log::end(&scraper, scraper.read >= left, patience, self.grace);
        }
    }

    fn patience(&self, scraper: &Scraper) -> Duration {
        let own = scraper.interval();
        let own = own.map(|own| own.mul_f64(PATIENCE).max(own + LATE));
        own.unwrap_or(self.grace).min(self.grace)
    }

    /// Those who came lately.
    fn lately(&self) -> impl Iterator<Item = Scraper> {
        let known = self.known().clone().into_iter();
        known.filter(|scraper| scraper.seen.elapsed() <= KNOWN_FOR)
    }

    fn known(&self) -> MutexGuard<'_, Vec<Scraper>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Connection ===

impl Connection {
    /// Notes that a scrape begins; call it before the metrics are read.
    pub fn begin(self: Arc<Self>, agent: &str) -> Scrape {
        let scrape = Scrape {
            began: Instant::now(),
            left: self.scrapers.requests.left(),
            agent: agent.to_owned(),
            connection: self,
        };
        scrape.note_seen();
        scrape
    }
}

// === impl Scrape ===

impl Scrape {
    fn note_seen(&self) {
        let scrapers = &self.connection.scrapers;
        let known = &mut *scrapers.known();
        if let Some(scraper) = self.find_own(known) {
            let is_first = scraper.interval().is_none();
            scraper.came(self.began);
            scraper.connection = Arc::downgrade(&self.connection.is_open);
            if is_first && scraper.interval() > Some(scrapers.grace) {
                log::slow(scraper, scrapers.grace);
            }
            return;
        }
        if known.len() >= MAX_KNOWN {
            let oldest = known.iter().enumerate().min_by_key(|(_, it)| it.seen);
            oldest.map(|(at, _)| at).map(|at| known.swap_remove(at));
        }
        known.push(Scraper {
            address: self.connection.address,
            agent: self.agent.clone(),
            connection: Arc::downgrade(&self.connection.is_open),
            seen: self.began,
            read: 0,
            intervals: Vec::new(),
        });
    }

    /// Whose scrape it is: on an open connection, or the one that is due now among those whose connections are closed.
    fn find_own<'a>(&self, known: &'a mut [Scraper]) -> Option<&'a mut Scraper> {
        let own = self.connection.address;
        let alike = known.iter_mut();
        let alike = alike.filter(|it| it.address == own && it.agent == self.agent);
        let candidates = alike.filter_map(|scraper| match scraper.connection.upgrade() {
            Some(own) if Arc::ptr_eq(&own, &self.connection.is_open) => {
                Some((Duration::ZERO, scraper))
            }
            Some(_) => None,
            None => {
                let due = scraper.due();
                let off = due.max(self.began) - due.min(self.began);
                Some((off, scraper))
            }
        });
        let nearest = candidates.min_by_key(|(off, _)| *off);
        nearest.map(|(_, scraper)| scraper)
    }

    /// Notes that it was read whole.
    pub fn end(self) {
        let scrapers = &self.connection.scrapers;
        if let Some(scraper) = self.find_own(&mut scrapers.known()) {
            scraper.read = scraper.read.max(self.left);
        }
        scrapers.has_read.notify_waiters();
    }
}
