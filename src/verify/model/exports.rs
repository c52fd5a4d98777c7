//! What a replica did with its spans during the run, by the SDK's counters on its `/metrics`.

use super::exposition::Sample;
use crate::contract::names::{SPANS_EXPORTED, SPANS_PROCESSED, label};

/// Counts of spans.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Exports {
    /// Whether there is an exporter: its counters are there from its start.
    pub has_exporter: bool,
    pub delivered: f64,
    /// Dropped before the export, or by an export that failed.
    pub lost: f64,
}

impl Exports {
    /// Adds a sample; other metrics are ignored.
    pub fn add(&mut self, sample: &Sample) {
        let is_error = sample.labels.contains_key(label::ERROR_TYPE);
        self.has_exporter |= sample.name == SPANS_EXPORTED;
        match sample.name.as_str() {
            SPANS_EXPORTED if !is_error => self.delivered += sample.value,
            SPANS_EXPORTED | SPANS_PROCESSED if is_error => self.lost += sample.value,
            _ => {}
        }
    }

    /// What was added since `before`.
    pub fn since(self, before: Self) -> Self {
        Self {
            has_exporter: self.has_exporter,
            delivered: self.delivered - before.delivered,
            lost: self.lost - before.lost,
        }
    }
}
