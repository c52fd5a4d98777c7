//! The traces of the requests: which are asked for, and whose server span makes each whole.

use super::{Answer, End, Kept, Requests};
use crate::verify::model::spans::WantedTrace;

impl Requests {
    /// The trace ids of all requests, as they were sent and as their answers name them.
    pub fn trace_ids(&self) -> impl Iterator<Item = u128> {
        let sent = self.kept.iter().map(|kept| kept.trace_id);
        sent.chain(self.other_traces.values().copied())
    }

    /// The traces of the sampled requests that were answered.
    pub fn sampled(&self) -> Vec<WantedTrace> {
        let sampled = self.kept.iter().filter(|kept| match kept.end {
            End::Timed { sampled, .. } | End::Untimed { sampled, .. } => sampled,
            End::Failed { .. } => false,
        });
        sampled.map(|kept| self.wanted(kept)).collect()
    }

    /// The traces of the answers that are so.
    pub fn traces_of(&self, is_wanted: impl Fn(&Answer<'_>) -> bool) -> Vec<WantedTrace> {
        let wanted = self.answers().filter(is_wanted);
        wanted
            .map(|answer| self.wanted(&self.kept[answer.index]))
            .collect()
    }

    fn wanted(&self, kept: &Kept) -> WantedTrace {
        let replica = match kept.end {
            End::Timed { replica, .. } => self.replicas.get(usize::from(replica)),
            End::Untimed { .. } | End::Failed { .. } => None,
        };
        WantedTrace {
            id: kept.trace_id,
            replica: replica.cloned(),
        }
    }
}
