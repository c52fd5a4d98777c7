//! One of many runs: the same hops, as values, with what is lost told apart from what was restarted or changed.

mod asked;
mod interruption;
mod judgement;
mod missing;
mod needed;
mod stages;
mod strict;

pub use asked::{blind_spot, hop_ids, refusal, stage_names};
pub use judgement::{JudgedHop, Judgement};
pub use missing::{Looked, Missing};
pub use needed::{Needed, needed};
pub use stages::{Stage, StageName};

pub use super::model::quantile_query::QUANTILES;

use std::{future::pending, time::Duration};

use interruption::Restart;
use judgement::judged;
use strict::strict;

use super::{
    args::VerifyArgs,
    clients::Clients,
    evidence::Evidence,
    hop,
    model::{finding::Finding, refusal::Refusal, statistics::order_statistic},
    run::{self, Mode},
};

/// What was sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    /// Requests that were answered.
    pub answered: u64,
    /// Requests without an answer.
    pub failed: u64,
    /// Requests that were due, and were not sent.
    pub not_sent: u64,
}

/// By how much a quantile in Prometheus is off.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct QuantileError {
    /// The probability.
    pub q: f64,
    /// `classic` or `native`: the histogram that it was computed from.
    pub source: &'static str,
    /// Reported / measured - 1, where measured is the quantile of the totals in the answers.
    pub ratio: f64,
}

/// What a round found.
#[derive(Debug, Default)]
pub struct Round {
    /// The claim; empty where there was none.
    pub claim: String,
    /// Every hop, in the order of the data; only the one that could not be asked where nothing was sent.
    pub hops: Vec<JudgedHop>,
    /// What was sent.
    pub sent: Sent,
    /// Those that are judged.
    pub stages: Vec<Stage>,
    /// Those that are known.
    pub errors: Vec<QuantileError>,
    /// What may still come.
    pub missing: Vec<Missing>,
    /// A trace that is there: where it has gone later, the store has lost it.
    pub known_trace: Option<u128>,
    /// Whether the store of the traces has lost one that it had.
    pub is_trace_store_emptied: bool,
}

/// Runs a round: traces are waited for until `deadline` after its load. `counted` is called when another round may begin.
/// `known_trace` is that of an earlier round.
///
/// # Errors
/// When a clock cannot be created.
pub async fn round(
    args: &VerifyArgs,
    deadline: Duration,
    known_trace: Option<u128>,
    counted: impl FnOnce(),
) -> anyhow::Result<Round> {
    let mode = Mode {
        is_tolerant: true,
        counted: Box::new(counted),
        deadline: Some(deadline),
        known_trace,
    };
    let evidence = match Box::pin(run::gather(args, pending(), mode)).await {
        Ok(evidence) => evidence,
        Err(error) => match error.downcast::<Refusal>() {
            Ok(refusal) => return Ok(Round::unreachable(refusal.to_string())),
            Err(error) => return Err(error),
        },
    };
    let is_given = args.run.delay.is_some() || args.run.seed.is_some();
    let closed = interruption::changed_claim(&evidence, is_given);
    let restarts = interruption::restarts(&evidence);
    let mut round = Round::of(&evidence, closed.as_deref(), &restarts, &hop_ids(args));
    if let Ok(clients) = Clients::new(args) {
        round.missing = round.missing(&evidence, &restarts, (args, &clients), known_trace);
    }
    Ok(round)
}

impl Round {
    /// One of which nothing is known but this reason.
    #[must_use]
    pub fn unreachable(reason: String) -> Self {
        let hop = JudgedHop {
            id: "received",
            judgement: Judgement::Unreachable,
            lines: vec![reason],
            is_explained: false,
        };
        Self {
            hops: vec![hop],
            ..Self::default()
        }
    }

    fn of(
        evidence: &Evidence,
        closed: Option<&str>,
        restarts: &[Restart],
        ids: &[&'static str],
    ) -> Self {
        let hops = hop::judge(evidence).into_iter();
        let hops = hops.filter(|hop| ids.contains(&hop.id));
        let hops: Vec<_> = hops
            .map(|hop| {
                let affecting = interruption::affecting(restarts, hop.id);
                judged(strict(hop, evidence), closed, &affecting)
            })
            .collect();
        // What could not be judged may still come, and only some stages are asked again.
        let is_judged = |stage: &Stage| {
            let mut own = hops.iter().filter(|hop| hop.id == stage.name.hop());
            own.all(|hop| match hop.judgement {
                Judgement::Skipped => false,
                Judgement::Unreachable => {
                    matches!(stage.name, StageName::Remote | StageName::Traces)
                }
                _ => true,
            })
        };
        let failed = evidence.sent.failed().count();
        let measured = evidence.sent.sorted(|answer| answer.total);
        Self {
            claim: evidence.claim.summary().to_string(),
            sent: Sent {
                answered: (evidence.sent.len() - failed) as u64,
                failed: failed as u64,
                not_sent: evidence.driven.not_sent,
            },
            stages: stages::of(evidence).into_iter().filter(is_judged).collect(),
            errors: quantile_errors(evidence, &measured),
            hops,
            missing: Vec::new(),
            known_trace: known_trace(evidence),
            is_trace_store_emptied: evidence.is_trace_store_emptied,
        }
    }

    /// Whether the source of this hop did not answer, or not enough.
    #[must_use]
    pub fn is_unreachable(&self, hop: &str) -> bool {
        let mut own = self.hops.iter().filter(|it| it.id == hop);
        own.any(|it| it.judgement == Judgement::Unreachable)
    }

    /// What has to be asked for again. `known_trace` is that of an earlier round.
    fn missing(
        &self,
        evidence: &Evidence,
        restarts: &[Restart],
        (args, clients): (&VerifyArgs, &Clients),
        known_trace: Option<u128>,
    ) -> Vec<Missing> {
        let stage = |name| self.stages.iter().find(|stage: &&Stage| stage.name == name);
        let missing = |name| {
            let missing = stage(name).and_then(|own| own.expected.checked_sub(own.found));
            missing.filter(|it| *it > 0)
        };
        // What a restart would explain is not expected afterwards, either.
        let is_unasked =
            |hop| self.is_unreachable(hop) && interruption::affecting(restarts, hop).is_empty();

        let answers = match &evidence.remote {
            Some(Finding::Unreachable(_)) => stage(StageName::Prometheus)
                .filter(|_| is_unasked("remote"))
                .map(|here| (here.found, true)),
            _ => missing(StageName::Remote).map(|answers| (answers, false)),
        };
        let samples = answers.zip(evidence.scrapes.found());
        let samples = samples.map(|(answers, scrapes)| {
            Missing::samples(args, &evidence.claim.names, scrapes, answers)
        });

        let traces = args.traces().and_then(|url| {
            let (client, url) = (clients.traces.clone(), url.clone());
            if let Some(traces) = evidence.traces.found() {
                missing(StageName::Traces)?;
                let mut wanted = stages::expected_traces(evidence);
                wanted.retain(|it| traces.get(it.id).is_none());
                return Some(Missing::traces(client, url, wanted));
            }
            let known = known_trace.filter(|_| is_unasked("traces"))?;
            let wanted = stages::expected_traces(evidence);
            Some(Missing::unasked_traces(client, url, wanted, known))
        });
        samples.into_iter().chain(traces).collect()
    }

    /// The judgement of the whole: the worst one of its hops.
    #[must_use]
    pub fn judgement(&self) -> Judgement {
        let bad = |judgement: &Judgement| *judgement >= Judgement::Unreachable;
        let all = || self.hops.iter().map(|hop| hop.judgement);
        if let Some(worst) = all().filter(bad).max() {
            return worst;
        }
        if self.hops.iter().any(|hop| hop.is_explained) {
            return Judgement::Skipped;
        }
        let good = all().filter(|judgement| judgement.is_good());
        good.max().unwrap_or(Judgement::Skipped)
    }
}

/// The last trace of the round that is there.
fn known_trace(evidence: &Evidence) -> Option<u128> {
    let traces = evidence.traces.found()?;
    let mut sampled = evidence.sent.sampled().into_iter();
    let known = sampled.rfind(|it| traces.get(it.id).is_some());
    known.map(|it| it.id)
}

fn quantile_errors(evidence: &Evidence, measured: &[Duration]) -> Vec<QuantileError> {
    let Some(scrapes) = evidence.scrapes.found() else {
        return Vec::new();
    };
    let sources = [
        ("classic", &scrapes.run.reported),
        ("native", &scrapes.native.run.reported),
    ];
    let mut errors = Vec::new();
    for (source, reported) in sources {
        for (q, reported) in QUANTILES.into_iter().zip(reported) {
            let measured = order_statistic(measured, q).map(|total| total.as_secs_f64());
            if let (Some(reported), Some(measured)) = (reported, measured) {
                let ratio = reported / measured - 1.0;
                errors.extend(
                    ratio
                        .is_finite()
                        .then_some(QuantileError { q, source, ratio }),
                );
            }
        }
    }
    errors
}
