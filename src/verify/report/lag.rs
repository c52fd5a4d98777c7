//! How late each answer could be seen in Prometheus, behind it, and as a trace.

use std::collections::BTreeMap;

use crate::verify::{
    evidence::Evidence,
    model::{
        labels::Labels,
        lag::{Lag, Sightings},
        scrapes::Scrapes,
    },
};

/// What could be seen; nothing of a store that was not asked for.
pub fn of(evidence: &Evidence) -> Vec<Lag> {
    let scrapes = evidence.scrapes.found();
    let prometheus = scrapes
        .and_then(|scrapes| scraped(evidence, scrapes, &scrapes.sightings, &scrapes.store.name));
    let remote = evidence.remote.as_ref().and_then(|remote| remote.found());
    let remote = scrapes.zip(remote).and_then(|(scrapes, remote)| {
        let name = format!("{} (--remote)", remote.store.name);
        scraped(evidence, scrapes, &remote.sightings, &name)
    });
    let all = [prometheus, remote, evidence.trace_lag.clone()];
    all.into_iter().flatten().collect()
}

/// An answer can be seen with the first scrape of its replica that began after it.
fn scraped(
    evidence: &Evidence,
    scrapes: &Scrapes,
    sightings: &Sightings,
    name: &str,
) -> Option<Lag> {
    let mut targets = BTreeMap::<&str, Vec<&Labels>>::new();
    for target in &scrapes.targets {
        for id in target
            .processes
            .iter()
            .filter_map(|it| it.instance_id.as_deref())
        {
            targets.entry(id).or_default().push(&target.labels);
        }
    }
    let ahead = scrapes.clock.millis().unwrap_or_default();
    let lag = |replica: &str, done: i64| {
        let own = targets.get(replica)?.iter();
        let seen = own.filter_map(|target| sightings.seen(target, done + ahead));
        Some(seen.min()? - done)
    };
    let lags = evidence.sent.answers().map(|answer| {
        let done = i64::try_from(answer.done.as_millis()).unwrap_or(i64::MAX);
        lag(answer.replica, evidence.began.saturating_add(done))
    });
    Lag::of(name, &lags.collect::<Vec<_>>(), &sightings.polls)
}
