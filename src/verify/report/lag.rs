//! How late each answer could be seen in Prometheus, behind it, and as a trace.

use std::collections::BTreeMap;

use crate::verify::{
    evidence::Evidence,
    model::{
        labels::{Labels, RULE},
        lag::{Lag, Lags, Sightings},
        page::snapshots,
        remote::RemoteCopy,
        scrapes::Scrapes,
    },
};

/// What could be seen; nothing of a store that was not asked for.
pub fn of(evidence: &Evidence) -> Vec<Lag> {
    let scrapes = evidence.scrapes.found();
    let prometheus = scrapes.and_then(|scrapes| {
        let lags = in_prometheus(evidence, scrapes);
        Lag::of(&scrapes.store.name, &lags)
    });
    let remote = evidence.remote.as_ref().and_then(|remote| remote.found());
    let remote = scrapes.zip(remote).and_then(|(scrapes, remote)| {
        let name = format!("{} (--remote)", remote.store.name);
        Lag::of(&name, &behind_prometheus(evidence, scrapes, remote))
    });
    let rules =
        scrapes.and_then(|scrapes| Lag::of("rules (--query)", &in_rules(evidence, scrapes)));
    let traces = Lag::of("traces", &evidence.trace_lags);
    [prometheus, remote, rules, traces]
        .into_iter()
        .flatten()
        .collect()
}

/// Of each answer, in its own `/metrics`: in the first reading that began after it.
pub fn in_pages(evidence: &Evidence) -> Vec<Option<i64>> {
    let mut pages: Vec<_> = snapshots(&evidence.replicas).collect();
    pages.sort_by_key(|page| page.begun);
    let lag = |(replica, done): (&str, i64)| {
        let mut own = pages.iter().filter(|page| page.instance_id == replica);
        let first = own.find(|page| page.begun >= done)?;
        Some(first.done - done)
    };
    answers(evidence).map(lag).collect()
}

/// Of each answer, in Prometheus.
pub fn in_prometheus(evidence: &Evidence, scrapes: &Scrapes) -> Lags {
    scraped(evidence, scrapes, &scrapes.sightings)
}

/// Of each answer, in the store behind Prometheus.
pub fn behind_prometheus(evidence: &Evidence, scrapes: &Scrapes, remote: &RemoteCopy) -> Lags {
    scraped(evidence, scrapes, &remote.sightings)
}

/// Of each answer, in the recording rules of `--query`: in the first evaluation after its scrape.
pub fn in_rules(evidence: &Evidence, scrapes: &Scrapes) -> Lags {
    let (rules, sightings) = &scrapes.rules;
    let each_rule = |scraped: i64| {
        let seen = rules.iter().map(|rule| {
            let labels = Labels::from([(RULE.to_owned(), rule.clone())]);
            sightings.seen(&labels, scraped)
        });
        // An answer is there when the last of them has it.
        seen.collect::<Option<Vec<_>>>()?.into_iter().max()
    };
    let targets = targets(scrapes);
    let ahead = scrapes.clock.millis().unwrap_or_default();
    let lag = |(replica, done): (&str, i64)| {
        let own = targets.get(replica)?.iter();
        let first = own.filter_map(|target| scrapes.sightings.first(target, done + ahead));
        Some(each_rule(first.min()?)? - done)
    };
    Lags {
        each: answers(evidence).map(lag).collect(),
        polls: sightings.polls.clone(),
    }
}

/// An answer can be seen with the first scrape of its replica that began after it.
fn scraped(evidence: &Evidence, scrapes: &Scrapes, sightings: &Sightings) -> Lags {
    let targets = targets(scrapes);
    let ahead = scrapes.clock.millis().unwrap_or_default();
    let lag = |(replica, done): (&str, i64)| {
        let own = targets.get(replica)?.iter();
        let seen = own.filter_map(|target| sightings.seen(target, done + ahead));
        Some(seen.min()? - done)
    };
    Lags {
        each: answers(evidence).map(lag).collect(),
        polls: sightings.polls.clone(),
    }
}

/// The targets of each replica.
fn targets(scrapes: &Scrapes) -> BTreeMap<&str, Vec<&Labels>> {
    let mut targets = BTreeMap::<&str, Vec<&Labels>>::new();
    for target in &scrapes.targets {
        let ids = target.processes.iter();
        for id in ids.filter_map(|it| it.instance_id.as_deref()) {
            targets.entry(id).or_default().push(&target.labels);
        }
    }
    targets
}

/// The replica of each answer, and when it was received, by this machine's clock.
fn answers(evidence: &Evidence) -> impl Iterator<Item = (&str, i64)> {
    evidence.sent.answers().map(|answer| {
        let done = i64::try_from(answer.done.as_millis()).unwrap_or(i64::MAX);
        (answer.replica, evidence.began.saturating_add(done))
    })
}
