//! Traces that may still come: a write that failed once does not stay failed.

use super::super::source::traces::TraceSource;

/// Traces that were not there at the deadline.
#[derive(Debug)]
pub struct MissingTraces {
    pub(super) source: TraceSource,
    pub(super) ids: Vec<u128>,
}

impl MissingTraces {
    /// Asks for them again; returns how many are there by now, which are not missing any more.
    pub async fn find(&mut self) -> u64 {
        let mut still = Vec::new();
        let mut found = 0;
        for id in std::mem::take(&mut self.ids) {
            if self.source.has(id).await {
                found += 1;
            } else {
                still.push(id);
            }
        }
        self.ids = still;
        found
    }

    /// Their ids.
    #[must_use]
    pub fn ids(&self) -> &[u128] {
        &self.ids
    }
}
