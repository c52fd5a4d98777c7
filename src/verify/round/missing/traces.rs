//! Traces that their store did not have, or could not be asked for.

use std::collections::VecDeque;

use reqwest::Url;

use super::{
    super::super::{model::spans::WantedTrace, source::traces::TraceSource},
    looked::Looked,
};
use crate::client::Client;

/// How many traces of a round are asked for at a time.
const MAX_LOOKS: usize = 100;

/// The traces of one round.
#[derive(Debug)]
pub struct LateTraces {
    client: Client,
    url: Url,
    /// Once it has answered.
    source: Option<TraceSource>,
    /// Those that the store was not asked for yet, and so are not expected.
    unasked: VecDeque<WantedTrace>,
    /// A trace that the store had before those.
    known: Option<WantedTrace>,
    /// Those that it did not have. The first one was asked for the longest time ago.
    missing: VecDeque<WantedTrace>,
}

impl LateTraces {
    pub fn new(client: Client, url: Url) -> Self {
        Self {
            client,
            url,
            source: None,
            unasked: VecDeque::new(),
            known: None,
            missing: VecDeque::new(),
        }
    }

    pub fn with_missing(self, missing: Vec<WantedTrace>) -> Self {
        Self {
            missing: missing.into(),
            ..self
        }
    }

    pub fn with_unasked(self, unasked: Vec<WantedTrace>, known: u128) -> Self {
        Self {
            unasked: unasked.into(),
            known: Some(WantedTrace {
                id: known,
                replica: None,
            }),
            ..self
        }
    }

    pub fn is_over(&self) -> bool {
        self.unasked.is_empty() && self.missing.is_empty()
    }

    pub fn missing_ids(&self) -> impl Iterator<Item = u128> {
        self.missing.iter().map(|it| it.id)
    }

    /// Asks for some of them; `None` where the store does not answer.
    pub async fn find(&mut self) -> Option<Looked> {
        if self.source.is_none() {
            let connected = TraceSource::connect(self.client.clone(), self.url.clone()).await;
            self.source = connected.ok();
        }
        let source = self.source.as_ref()?;
        if let Some(known) = &self.known {
            if !source.has(known).await.ok()? {
                self.unasked.clear(); // a restart has lost what it had: these, too
            }
            self.known = None;
        }
        let mut looked = Looked::default();
        for asked in 0..MAX_LOOKS.min(self.unasked.len() + self.missing.len()) {
            let is_new = !self.unasked.is_empty();
            let queue = if is_new {
                &mut self.unasked
            } else {
                &mut self.missing
            };
            let Some(one) = queue.front() else { break };
            let Ok(is_there) = source.has(one).await else {
                return (asked > 0).then_some(looked);
            };
            let one = queue.pop_front();
            looked.expected += u64::from(is_new);
            if is_there {
                looked.found += 1;
            } else {
                self.missing.extend(one);
            }
        }
        Some(looked)
    }
}
