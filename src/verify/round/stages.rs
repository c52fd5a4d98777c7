//! How many of the answers can be seen in each stage of the pipeline, and how late. Pure.

use std::{collections::BTreeMap, time::Duration};

use super::super::{
    evidence::Evidence,
    model::{
        page::processes,
        remote::RemoteCopy,
        scrapes::Scrapes,
        spans::{Traces, WantedTrace, executions},
    },
    report::lag,
};
use crate::contract::Step;

/// Where an answer should be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StageName {
    /// `/metrics` of its replica.
    Metrics,
    /// Prometheus.
    Prometheus,
    /// The store behind Prometheus.
    Remote,
    /// The recording rules of `--query`.
    Rule,
    /// The store of the traces.
    Traces,
}

/// What one stage has of the answers of a round.
#[derive(Clone, Debug, PartialEq)]
pub struct Stage {
    /// Which one.
    pub name: StageName,
    /// How many answers should be there.
    pub expected: u64,
    /// How many of them are.
    pub found: u64,
    /// How many are there once more than they were sent.
    pub duplicate: u64,
    /// From an answer until it could be seen, of those of which this is known.
    pub lags: Vec<Duration>,
}

impl StageName {
    /// Every stage, in the order of the data.
    pub(super) const ALL: [Self; 5] = [
        Self::Metrics,
        Self::Prometheus,
        Self::Remote,
        Self::Rule,
        Self::Traces,
    ];

    /// As in labels.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Metrics => "metrics",
            Self::Prometheus => "prometheus",
            Self::Remote => "remote",
            Self::Rule => "rule",
            Self::Traces => "traces",
        }
    }

    /// The hop that compares what is there.
    pub(super) fn hop(self) -> &'static str {
        match self {
            Self::Rule => "query",
            other => other.as_str(),
        }
    }
}

/// The stages that could be asked, in the order of the data.
pub fn of(evidence: &Evidence) -> Vec<Stage> {
    let scrapes = evidence.scrapes.found();
    let prometheus = scrapes.map(|scrapes| in_prometheus(evidence, scrapes));
    let copied = evidence.remote.as_ref().and_then(|remote| remote.found());
    let remote = scrapes.zip(copied).zip(prometheus.as_ref());
    let remote = remote
        .map(|((scrapes, copy), here)| behind_prometheus(evidence, scrapes, copy, here.found));
    let rules = scrapes.filter(|scrapes| !scrapes.rules.0.is_empty());
    let rules = rules.zip(prometheus.as_ref());
    let rules = rules.map(|(scrapes, here)| in_rules(evidence, scrapes, here.found));
    let pages = evidence.replicas.found().map(|_| in_pages(evidence));
    let traces = evidence.traces.found();
    let traces = traces.map(|traces| in_traces(evidence, traces));
    let all = [pages, prometheus, remote, rules, traces];
    all.into_iter().flatten().collect()
}

/// With other traffic, what is counted is at least the answers: a loss may be hidden by it.
fn in_pages(evidence: &Evidence) -> Stage {
    let by_replica = evidence.sent.by_replica();
    let (mut expected, mut found) = (0, 0);
    for process in processes(&evidence.replicas) {
        let answers = by_replica
            .get(process.instance_id)
            .copied()
            .unwrap_or_default();
        let counted = at_most(process.counts.count(Step::Total), answers);
        found += counted;
        // What ended before it was read last has not lost the rest.
        let is_whole = process.is_complete && !process.is_gone;
        expected += if is_whole { answers as u64 } else { counted };
    }
    Stage {
        name: StageName::Metrics,
        expected,
        found,
        duplicate: 0,
        lags: known(&lag::in_pages(evidence)),
    }
}

fn in_prometheus(evidence: &Evidence, scrapes: &Scrapes) -> Stage {
    // Of several servers that scrape the same, the first.
    let mut counted = BTreeMap::<&str, Vec<f64>>::new();
    for target in &scrapes.targets {
        let mut of_target = BTreeMap::<&str, f64>::new();
        for process in &target.processes {
            if let Some(id) = &process.instance_id {
                *of_target.entry(id).or_default() += process.counts.count(Step::Total);
            }
        }
        for (id, count) in of_target {
            counted.entry(id).or_default().push(count);
        }
    }
    let by_replica = evidence.sent.by_replica();
    let counts = |id: &&str| counted.get(*id).map_or(&[][..], Vec::as_slice);
    let found = by_replica.iter().map(|(id, answers)| {
        let most = counts(id).iter().copied().fold(0.0, f64::max);
        at_most(most, *answers)
    });
    let duplicate = by_replica.iter().map(|(id, answers)| {
        let each = counts(id).iter().map(|count| at_most(*count, *answers));
        let most = each.clone().max().unwrap_or_default();
        each.sum::<u64>() - most
    });
    Stage {
        name: StageName::Prometheus,
        expected: by_replica.values().map(|answers| *answers as u64).sum(),
        found: found.sum(),
        duplicate: duplicate.sum(),
        lags: known(&lag::in_prometheus(evidence, scrapes).each),
    }
}

fn behind_prometheus(
    evidence: &Evidence,
    scrapes: &Scrapes,
    copy: &RemoteCopy,
    expected: u64,
) -> Stage {
    let lags = known(&lag::behind_prometheus(evidence, scrapes, copy).each);
    let seen = (lags.len() as u64).min(expected);
    Stage {
        name: StageName::Remote,
        expected,
        found: if copy.is_complete() { expected } else { seen },
        duplicate: 0,
        lags,
    }
}

fn in_rules(evidence: &Evidence, scrapes: &Scrapes, expected: u64) -> Stage {
    let lags = known(&lag::in_rules(evidence, scrapes).each);
    Stage {
        name: StageName::Rule,
        expected,
        found: (lags.len() as u64).min(expected),
        duplicate: 0,
        lags,
    }
}

/// The traces that must be there.
pub fn expected_traces(evidence: &Evidence) -> Vec<WantedTrace> {
    let expected = evidence.limits.expect_traces.unwrap_or_default();
    expected.required(&evidence.sent)
}

fn in_traces(evidence: &Evidence, traces: &Traces) -> Stage {
    let expected = expected_traces(evidence);
    let found = expected.iter().filter_map(|it| traces.get(it.id));
    let repeated = found
        .clone()
        .map(|spans| executions(spans).saturating_sub(1) as u64);
    Stage {
        name: StageName::Traces,
        expected: expected.len() as u64,
        found: found.clone().count() as u64,
        duplicate: repeated.sum(),
        lags: known(&evidence.trace_lags.each),
    }
}

fn known(lags: &[Option<i64>]) -> Vec<Duration> {
    let millis = lags.iter().flatten();
    let millis = millis.map(|lag| u64::try_from(*lag).unwrap_or_default());
    millis.map(Duration::from_millis).collect()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a count, and not above another one"
)]
fn at_most(counted: f64, answers: usize) -> u64 {
    (counted.max(0.0) as u64).min(answers as u64)
}
