//! How late traces arrive: one of the sampled requests at a time is looked for, once a second.

use std::{cell::Cell, time::Duration};

use super::clock::unix_millis;
use crate::verify::model::lag::{Lags, Polls};

/// How often a trace is looked for.
const INTERVAL: Duration = Duration::from_secs(1);

/// A sampled request that was answered: its trace, and when it was, in milliseconds of this machine's Unix time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answered {
    pub trace_id: u128,
    pub done: i64,
}

/// The request that was answered last.
pub type Newest = Cell<Option<Answered>>;

#[derive(Debug, Default)]
pub struct TraceLag {
    awaited: Option<Answered>,
    last: Option<Answered>,
    lags: Vec<Option<i64>>,
    polls: Polls,
}

impl TraceLag {
    /// Looks for a trace until it is there, then for that of the newest request, and so on; never returns.
    pub async fn watch(&mut self, newest: &Newest, is_there: impl AsyncFn(u128) -> bool) {
        tokio::time::sleep(self.polls.rest(INTERVAL, unix_millis())).await;
        loop {
            self.awaited = self
                .awaited
                .or(newest.get().filter(|it| Some(*it) != self.last));
            self.polls.note(unix_millis());
            if let Some(awaited) = self.awaited
                && is_there(awaited.trace_id).await
            {
                self.found(awaited);
            }
            tokio::time::sleep(INTERVAL).await;
        }
    }

    /// The trace that was seen last.
    pub fn seen(&self) -> Option<u128> {
        self.last.map(|it| it.trace_id)
    }

    /// The lags, once everything was asked for.
    pub fn end(mut self, is_there: impl Fn(u128) -> bool) -> Lags {
        if let Some(awaited) = self.awaited {
            self.polls.note(unix_millis());
            if is_there(awaited.trace_id) {
                self.found(awaited);
            } else {
                self.lags.push(None);
            }
        }
        Lags {
            each: self.lags,
            polls: self.polls,
        }
    }

    fn found(&mut self, awaited: Answered) {
        self.lags.push(Some(unix_millis() - awaited.done));
        (self.awaited, self.last) = (None, Some(awaited));
    }
}
