//! How many requests of other clients reached the service during the run, at least.

use std::collections::BTreeMap;

use crate::verify::{
    evidence::Evidence,
    model::{
        page::{ProcessCounts, Replica, processes},
        scrapes::Scrapes,
    },
};

/// Requests of other clients; 0 where `/metrics` was not read.
pub fn requests(evidence: &Evidence) -> f64 {
    let by = evidence.sent.by_replica();
    let surplus = |process: &ProcessCounts<'_>| {
        let answers = by.get(process.instance_id).copied().unwrap_or_default();
        // A request in flight at the first snapshot is accepted in it and ends after it.
        let counted = process.counts.accepted.max(process.counts.ended());
        (counted - answers as f64).max(0.0)
    };
    let read: f64 = processes(&evidence.replicas).iter().map(surplus).sum();
    let unread: f64 = by_scrapes(evidence).values().sum();
    let own = evidence.sent.unmeasured() as f64;
    (read + unread - own).max(0.0) + after_the_run(evidence)
}

/// Requests of other clients, by Prometheus, at replicas that answered and whose own page was not read.
pub fn by_scrapes(evidence: &Evidence) -> BTreeMap<&str, f64> {
    let processes = processes(&evidence.replicas);
    let mut by = evidence.sent.by_replica();
    by.retain(|id, _| !processes.iter().any(|process| process.instance_id == *id));
    let surplus = |(id, answers): (_, usize)| {
        let scraped = evidence.scrapes.found().into_iter();
        let scraped = scraped
            .flat_map(Scrapes::processes)
            .filter(|process| process.instance_id.as_deref() == Some(id))
            .map(|process| process.counts.accepted.max(process.counts.ended()))
            .fold(0.0, f64::max);
        (id, (scraped - answers as f64).max(0.0))
    };
    by.into_iter().map(surplus).collect()
}

/// Requests between the last answer and the last snapshot.
fn after_the_run(evidence: &Evidence) -> f64 {
    let accepted = |replica: &Replica| {
        let settled = replica.snapshots.get(replica.settled?.checked_sub(1)?)?;
        let last = replica.snapshots.last()?;
        (settled.instance_id == last.instance_id)
            .then_some(last.counts.accepted - settled.counts.accepted)
    };
    let replicas = evidence.replicas.found().into_iter().flatten();
    replicas.filter_map(accepted).sum()
}
