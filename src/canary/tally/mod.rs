//! What is kept of the rounds: the last ones, the verdict of each hop, and when it changes. Bounded, and pure.

use std::collections::{BTreeMap, VecDeque};

use serde::Serialize;

use crate::verify::{Judgement, Looked, Missing, Round, StageName};

/// How many rounds are kept.
pub const KEPT: usize = 20;
/// The whole round, beside its hops.
pub const ROUND: &str = "round";
/// The most of what comes from others that is kept of a round.
const MAX_LINES: usize = 8;
const MAX_CHARS: usize = 400;
const MAX_TRACES: usize = 5;

/// The rounds so far.
#[derive(Debug, Default, Serialize)]
pub struct Tally {
    /// How many rounds were judged.
    pub rounds: u64,
    /// How many could not begin when they were due.
    pub missed: u64,
    /// The last ones, the latest first.
    pub last: VecDeque<Kept>,
    /// The rounds that have begun and are not judged yet.
    in_progress: Vec<u64>,
    #[serde(skip)]
    begun: u64,
    /// What each hop was at last, as far as it was judged, and in which round.
    #[serde(skip)]
    verdicts: BTreeMap<&'static str, (u64, Verdict)>,
}

/// One round.
#[derive(Clone, Debug, Serialize)]
pub struct Kept {
    /// Counted from 1.
    pub number: u64,
    /// When it began, in seconds of Unix time.
    pub began: f64,
    /// How it was judged as a whole.
    pub verdict: &'static str,
    /// What the service declared.
    pub claim: String,
    /// What was sent.
    pub answered: u64,
    /// Requests without an answer.
    pub failed: u64,
    /// Its hops, in the order of the data.
    pub hops: Vec<KeptHop>,
    /// What was to be found where.
    pub stages: Vec<KeptStage>,
    /// Some of the traces that are missing.
    pub missing_traces: Vec<String>,
}

/// One hop of a round.
#[derive(Clone, Debug, Serialize)]
pub struct KeptHop {
    /// Its short name.
    pub hop: &'static str,
    /// How it was judged.
    pub verdict: &'static str,
    /// Why.
    pub reasons: Vec<String>,
}

/// One stage of a round.
#[derive(Clone, Debug, Serialize)]
pub struct KeptStage {
    /// Its name.
    pub stage: &'static str,
    /// What should be there.
    pub expected: u64,
    /// What was there by the deadline.
    pub found: u64,
    /// What came after it.
    pub late: u64,
}

/// The classes between which a change is logged: one warning more or less is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Good,
    Unreachable,
    Fail,
}

/// A hop that is not what it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its short name.
    pub hop: &'static str,
    /// Whether it is good now.
    pub is_good: bool,
    /// How it is judged now.
    pub verdict: &'static str,
    /// The first reason.
    pub reason: String,
}

/// What a round has added.
#[derive(Debug, Default)]
pub struct Added {
    /// The hops of which it says the latest, and whether they are right.
    pub current: Vec<(&'static str, bool)>,
    /// Those of them that are not what they were.
    pub changes: Vec<Change>,
}

impl Tally {
    /// Notes that a round begins; returns its number.
    pub fn begin(&mut self) -> u64 {
        self.begun += 1;
        self.in_progress.push(self.begun);
        self.begun
    }

    /// The rounds that have begun and are not judged yet.
    pub fn in_progress(&self) -> Vec<u64> {
        self.in_progress.clone()
    }

    /// Adds a round that began at this time.
    pub fn add(&mut self, number: u64, began: f64, round: &Round) -> Added {
        self.rounds += 1;
        self.in_progress.retain(|other| *other != number);
        let kept = Kept::of(number, began, round);
        // Rounds may end in another order than they began.
        let after = self.last.partition_point(|other| other.number > number);
        self.last.insert(after, kept);
        self.last.truncate(KEPT);
        let hops = round
            .hops
            .iter()
            .map(|hop| (hop.id, hop.judgement, hop.lines.join("; ")));
        let worst = round
            .hops
            .iter()
            .find(|hop| !hop.judgement.is_good() && hop.judgement == round.judgement());
        let worst = worst.map_or(String::new(), |hop| format!("by the hop {}", hop.id));
        let whole = [(ROUND, round.judgement(), worst)];
        let mut added = Added::default();
        for (hop, judgement, reason) in hops.chain(whole) {
            let Some(verdict) = Verdict::of(judgement) else {
                continue;
            };
            let known = self.verdicts.entry(hop).or_insert((0, Verdict::Good));
            // A later round that ended earlier says more.
            if known.0 > number {
                continue;
            }
            let (_, was) = std::mem::replace(known, (number, verdict));
            added.current.push((hop, judgement.is_good()));
            if was != verdict {
                added.changes.push(Change {
                    hop,
                    is_good: judgement.is_good(),
                    verdict: judgement.as_str(),
                    reason: shortened(&reason),
                });
            }
        }
        added
    }

    /// Takes back what a round had lost, and was found later. A stage that could not be asked before is added. `missing` are
    /// the traces that still are.
    pub fn add_late(
        &mut self,
        number: u64,
        stage: StageName,
        looked: Looked,
        missing: impl Iterator<Item = u128>,
    ) {
        let Looked { expected, found } = looked;
        let mut rounds = self.last.iter_mut();
        let Some(round) = rounds.find(|round| round.number == number) else {
            return;
        };
        if stage == StageName::Traces {
            round.missing_traces = some_ids(missing);
        }
        let stage = stage.as_str();
        let mut stages = round.stages.iter_mut();
        if let Some(own) = stages.find(|own| own.stage == stage) {
            own.expected += expected;
            own.late += found;
        } else {
            round.stages.push(KeptStage {
                stage,
                expected,
                found: 0,
                late: found,
            });
        }
    }
}

impl Kept {
    fn of(number: u64, began: f64, round: &Round) -> Self {
        Self {
            number,
            began,
            verdict: round.judgement().as_str(),
            claim: shortened(&round.claim),
            answered: round.sent.answered,
            failed: round.sent.failed,
            hops: round
                .hops
                .iter()
                .map(|hop| KeptHop {
                    hop: hop.id,
                    verdict: hop.judgement.as_str(),
                    reasons: hop
                        .lines
                        .iter()
                        .take(MAX_LINES)
                        .map(|line| shortened(line))
                        .collect(),
                })
                .collect(),
            stages: round
                .stages
                .iter()
                .map(|stage| KeptStage {
                    stage: stage.name.as_str(),
                    expected: stage.expected,
                    found: stage.found,
                    late: 0,
                })
                .collect(),
            missing_traces: some_ids(round.missing.iter().flat_map(Missing::trace_ids)),
        }
    }
}

impl Verdict {
    /// What is skipped changes nothing.
    fn of(judgement: Judgement) -> Option<Self> {
        match judgement {
            Judgement::Pass | Judgement::Warn => Some(Self::Good),
            Judgement::Skipped => None,
            Judgement::Unreachable => Some(Self::Unreachable),
            Judgement::Fail => Some(Self::Fail),
        }
    }
}

fn some_ids(ids: impl Iterator<Item = u128>) -> Vec<String> {
    ids.take(MAX_TRACES)
        .map(|id| format!("{id:032x}"))
        .collect()
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests;
