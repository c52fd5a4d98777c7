//! Traces that their store did not have, or was not asked for.

use reqwest::Url;

use super::{
    super::super::{model::spans::WantedTrace, source::traces::TraceSource},
    Looked,
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
    wanted: Vec<WantedTrace>,
    /// One that the store had, as long as the wanted ones are not expected.
    known: Option<WantedTrace>,
}

impl LateTraces {
    pub fn new(client: Client, url: Url, wanted: Vec<WantedTrace>, known: Option<u128>) -> Self {
        Self {
            client,
            url,
            source: None,
            wanted,
            known: known.map(|id| WantedTrace { id, replica: None }),
        }
    }

    pub fn is_over(&self) -> bool {
        self.wanted.is_empty()
    }

    /// Those that the store did not have; none as long as it was not asked.
    pub fn missing(&self) -> &[WantedTrace] {
        if self.known.is_some() {
            return &[];
        }
        &self.wanted
    }

    pub async fn find(&mut self) -> Option<Looked> {
        if self.source.is_none() {
            let connected = TraceSource::connect(self.client.clone(), self.url.clone()).await;
            self.source = connected.ok();
        }
        let source = self.source.as_ref()?;
        let mut looked = Looked::default();
        if let Some(known) = &self.known {
            if source.has(known).await.ok()? {
                looked.expected = self.wanted.len() as u64;
            } else {
                self.wanted.clear(); // a restart has lost what it had: these, too
            }
            self.known = None;
        }
        let mut still = Vec::new();
        let mut all = std::mem::take(&mut self.wanted).into_iter();
        for one in all.by_ref().take(MAX_LOOKS) {
            match source.has(&one).await {
                Ok(true) => looked.found += 1,
                Ok(false) => still.push(one),
                Err(_) => {
                    still.push(one);
                    break; // it cannot be asked now
                }
            }
        }
        // The next time begins with those that were not asked for.
        self.wanted = all.chain(still).collect();
        Some(looked)
    }
}
