//! What each replica that answered counted, from its own page or its answers.

use std::collections::BTreeMap;

use crate::{
    contract::Step,
    verify::{
        evidence::Evidence,
        model::{
            counts::Counts,
            histogram::Histogram,
            page::{self, ProcessCounts},
            scrapes::Scrapes,
        },
    },
};

/// What is known of one replica from elsewhere.
pub enum Known {
    /// The counts of its own page, gained in the run and in all.
    Page(Counts, Counts),
    /// The totals of its answers; its page was not read.
    Answers(Histogram),
    /// The totals of its answers; its process has ended.
    Ended(Histogram),
}

impl Known {
    pub fn completed(&self) -> f64 {
        match self {
            Self::Page(counts, _) => counts.count(Step::Total),
            Self::Answers(totals) | Self::Ended(totals) => totals.count,
        }
    }
}

/// What is known of each replica that answered.
pub fn known(evidence: &Evidence, scrapes: &Scrapes) -> BTreeMap<String, Known> {
    let bounds = scrapes.bounds().unwrap_or_default();
    let totals = |id: &str| {
        let totals = evidence.sent.totals_of(id);
        (id.to_owned(), Histogram::of(&bounds, totals))
    };
    let ids = evidence.sent.by_replica().into_keys();
    let mut answered: BTreeMap<_, _> = ids.map(totals).collect();
    let mut known = BTreeMap::new();
    for process in page::processes(&evidence.replicas) {
        let Some(answers) = answered.remove(process.instance_id) else {
            continue;
        };
        let entry = if process.is_complete && unread(&process, evidence) == 0.0 {
            Known::Page(process.counts, process.last.counts.clone())
        } else {
            Known::Ended(answers)
        };
        known.insert(process.instance_id.to_owned(), entry);
    }
    let answered = answered.into_iter();
    known.extend(answered.map(|(id, totals)| (id, Known::Answers(totals))));
    known
}

/// How many answers of a process that has ended came after its page was read last.
pub fn unread(process: &ProcessCounts<'_>, evidence: &Evidence) -> f64 {
    if !process.is_gone {
        return 0.0;
    }
    let answers = evidence.sent.totals_of(process.instance_id).count();
    (answers as f64 - process.counts.count(Step::Total)).max(0.0)
}
