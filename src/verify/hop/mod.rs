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

/// How a hop is judged.
type Judge = fn(&Evidence) -> Hop;

/// Every hop, in the order of the data: a name that programs use, and what judges it.
const ALL: &[(&str, Judge)] = &[
    ("drawn", drawn::judge),
    ("measured", measured::judge),
    ("received", received::judge),
    ("metrics", metrics::judge),
    ("prometheus", scraped::judge),
    ("percentile", percentile::judge),
    ("native", native::judge),
    ("traces", span::judge),
    ("exemplars", exemplars::judge),
    ("ledger", ledger::judge),
];

/// Those that are judged only where they are asked for.
const QUERY: &str = "query";
const REMOTE: &str = "remote";

/// The short name of each hop.
pub fn ids() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|(id, _)| *id).chain([QUERY, REMOTE])
}

/// Judges every hop.
pub fn judge(evidence: &Evidence) -> Vec<Hop> {
    let judge = |(id, judge): &(&'static str, Judge)| Hop {
        id,
        ..judge(evidence)
    };
    let mut hops: Vec<_> = ALL.iter().map(judge).collect();
    if evidence.has_own_queries {
        let after = hops.iter().position(|hop| hop.name == native::NAME);
        let hop = Hop {
            id: QUERY,
            ..own_query::judge(evidence)
        };
        hops.insert(after.unwrap_or(hops.len()), hop);
    }
    if let Some(hop) = remote::judge(evidence) {
        let after = hops.iter().position(|hop| hop.name == percentile::NAME);
        hops.insert(after.unwrap_or(hops.len()), Hop { id: REMOTE, ..hop });
    }
    hops
}
