//! One file for each hop: a pure function of the evidence. A new hop is a file, a `mod` line and a row in [`ALL`].

mod bracketing_scrapes;
mod coverage;
mod drawn;
mod exemplars;
mod forms;
mod judgement;
mod known;
mod ledger;
mod measured;
mod metrics;
mod missing_traces;
mod native;
mod no_exemplars;
mod no_native;
mod other_traffic;
mod own_query;
mod percentile;
mod received;
mod remote;
mod repeats;
mod scraped;
mod series_set;
mod servers;
mod span;

pub use judgement::{Hop, Verdict};
pub use own_query::{QueryResult, results as query_results};

use super::evidence::Evidence;

/// Every hop, in the order of the data.
const ALL: &[fn(&Evidence) -> Hop] = &[
    drawn::judge,
    measured::judge,
    received::judge,
    metrics::judge,
    scraped::judge,
    percentile::judge,
    native::judge,
    span::judge,
    exemplars::judge,
    ledger::judge,
];

/// Judges every hop.
pub fn judge(evidence: &Evidence) -> Vec<Hop> {
    let mut hops: Vec<_> = ALL.iter().map(|judge| judge(evidence)).collect();
    if evidence.has_own_queries {
        let after = hops.iter().position(|hop| hop.name == native::NAME);
        hops.insert(after.unwrap_or(hops.len()), own_query::judge(evidence));
    }
    if let Some(hop) = remote::judge(evidence) {
        let after = hops.iter().position(|hop| hop.name == percentile::NAME);
        hops.insert(after.unwrap_or(hops.len()), hop);
    }
    hops
}
