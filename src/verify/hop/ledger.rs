//! ledger: what was sent is accepted, what is accepted is completed or cancelled; otherwise the hop that lost it is named.

use std::collections::BTreeMap;

use super::{
    coverage::Coverage,
    judgement::{Hop, kinds},
    known, other_traffic, repeats,
};
use crate::{
    contract::{Metric, Names, Part, Step, names::label},
    verify::{
        evidence::Evidence,
        model::{
            labels::label_text,
            page::{ProcessCounts, processes, snapshots},
            processes::Target,
            scrapes::Scrapes,
            series::Series,
        },
    },
};

const NAME: &str = "ledger";

/// Every count of the same requests.
struct Ledger {
    sent: f64,
    answered: f64,
    /// Answers with a complete `Server-Timing` header.
    timed: f64,
    failed: BTreeMap<&'static str, usize>,
    accepted: f64,
    completed: f64,
    cancelled: f64,
    others: f64,
    /// Whether the counts of every replica that answered are known.
    is_complete: bool,
}

pub fn judge(evidence: &Evidence) -> Hop {
    Hop::of(NAME, &evidence.replicas, |_| compare(evidence))
}

fn compare(evidence: &Evidence) -> Hop {
    let ledger = Ledger::read(evidence);
    let mut wrong = ledger.wrong(evidence.limits.exclusive);
    wrong.extend(unbalanced_snapshot(evidence));
    if let Some(scrapes) = evidence.scrapes.found() {
        let coverage = Coverage::of(evidence, scrapes);
        if coverage.is_whole() {
            wrong.extend(lost_in_prometheus(&ledger, scrapes));
        }
        wrong.extend(unbalanced_scrape(&evidence.claim.names, scrapes));
        if wrong.is_empty() && !coverage.no_counts().is_empty() {
            return Hop::unjudged(NAME, coverage.no_counts()).with([ledger.summary()]);
        }
    }
    if !ledger.is_complete && wrong.is_empty() {
        return Hop::skipped(
            NAME,
            "/metrics of some replicas that answered was not read: give their URLs with --metrics",
        );
    }
    let not_sent = evidence.driven.not_sent;
    let details = (not_sent > 0).then(|| format!("{not_sent} scheduled requests were not sent"));
    let hop = Hop::judged(NAME, wrong, ledger.summary()).with(details);
    let mirrored = repeats::times(evidence).map(|times| {
        format!(
            "the other traffic looks as if each request had been executed {times} times: is there a mirror or a retry on the way?"
        )
    });
    let retried = repeats::retried(evidence).map(|failed| {
        format!(
            "{failed} failed executions that no answer shows (status 5xx): were they sent again by a retry on the way, or are they of other clients?"
        )
    });
    hop.warned(mirrored.into_iter().chain(retried))
}

impl Ledger {
    fn read(evidence: &Evidence) -> Self {
        let processes = processes(&evidence.replicas);
        let failed = evidence.sent.failed_by_kind();
        let counts = processes.iter().map(|process| counts(process, evidence));
        let [accepted, completed, cancelled] =
            counts.fold([0.0; 3], |sum, add| [0, 1, 2].map(|i| sum[i] + add[i]));
        let is_read = |id: &&str| processes.iter().any(|process| process.instance_id == *id);
        Self {
            sent: evidence.sent.len() as f64,
            answered: (evidence.sent.len() - failed.values().sum::<usize>()) as f64,
            timed: (evidence.sent.len() - evidence.sent.unmeasured()) as f64,
            failed,
            accepted,
            completed,
            cancelled,
            others: other_traffic::requests(evidence),
            is_complete: evidence.sent.by_replica().keys().all(is_read)
                && processes.iter().all(|process| process.is_complete),
        }
    }

    fn wrong(&self, exclusive: bool) -> Vec<String> {
        let mut wrong = Vec::new();
        if self.others > 0.0 && exclusive {
            wrong.push(format!(
                "other traffic: {} requests, which --exclusive forbids",
                self.others
            ));
        }
        if !self.is_complete {
            return wrong;
        }
        let lost = self.timed - self.completed;
        if lost > 0.0 {
            wrong.push(format!(
                "{lost} answers are not counted as completed in /metrics"
            ));
        }
        let open = self.accepted - self.completed - self.cancelled;
        if open > 0.0 && self.others == 0.0 {
            wrong.push(format!(
                "{open} requests were accepted, but neither completed nor cancelled"
            ));
        }
        wrong
    }

    fn summary(&self) -> String {
        let failed: usize = self.failed.values().sum();
        let untimed = self.answered - self.timed;
        let untimed =
            (untimed > 0.0).then(|| format!(" ({untimed} of them without Server-Timing)"));
        let failed = (failed > 0).then(|| format!(" + {failed} failed ({})", kinds(&self.failed)));
        let others =
            (self.others > 0.0).then(|| format!("; other traffic: {} requests", self.others));
        let sent = format!("{} sent = {} answered", self.sent, self.answered);
        let ended = format!(
            "; {} accepted = {} completed + {} cancelled",
            self.accepted, self.completed, self.cancelled
        );
        let parts = [Some(sent), untimed, failed, Some(ended), others];
        parts.into_iter().flatten().collect()
    }
}

/// Accepted, completed and cancelled requests of a process.
fn counts(process: &ProcessCounts<'_>, evidence: &Evidence) -> [f64; 3] {
    let count = |step| process.counts.count(step);
    let (unread, cancelled) = (known::unread(process, evidence), count(Step::Cancelled));
    let completed = count(Step::Total) + unread;
    // Some that were answered later were accepted by then.
    let at_least = if unread > 0.0 {
        completed + cancelled
    } else {
        0.0
    };
    [process.counts.accepted.max(at_least), completed, cancelled]
}

/// A snapshot in which more requests had ended than were accepted.
fn unbalanced_snapshot(evidence: &Evidence) -> Option<String> {
    let mut snapshots = snapshots(&evidence.replicas);
    let bad = snapshots.find(|page| page.counts.accepted < page.counts.ended())?;
    Some(format!(
        "/metrics of replica {}: completed + cancelled is {}, but accepted is {}",
        bad.instance_id,
        bad.counts.ended(),
        bad.counts.accepted
    ))
}

/// A scrape in which more requests had ended than were accepted.
fn unbalanced_scrape(names: &Names, scrapes: &Scrapes) -> Option<String> {
    let is_accepted = |series: &&Series| {
        names.read(series.name()) == Some((Metric::RequestsAccepted, Part::Value))
    };
    let is_end = |series: &&Series| {
        let mut ends = [Step::Total, Step::Cancelled].into_iter();
        names.read(series.name()) == Some((Metric::ExecutionLatency, Part::Count))
            && ends.any(|step| series.has_label(label::STEP, step.as_str()))
    };
    let is_unbalanced = |target: &&Target| {
        let own = || {
            let raw = scrapes.raw.iter();
            raw.filter(|series| series.is_from(&target.labels))
        };
        let Some(accepted) = own().find(is_accepted) else {
            return false;
        };
        let ends: Vec<_> = own().filter(is_end).collect();
        accepted.points.iter().any(|point| {
            let ended: f64 = ends.iter().filter_map(|series| series.at(point.at)).sum();
            point.value < ended
        })
    };
    let bad = scrapes.targets.iter().find(is_unbalanced)?;
    Some(format!(
        "a scrape of {}: completed + cancelled is more than accepted",
        label_text(&bad.labels)
    ))
}

fn lost_in_prometheus(ledger: &Ledger, scrapes: &Scrapes) -> Option<String> {
    if ledger.others > 0.0 || !ledger.is_complete {
        return None;
    }
    // Series that are missing are named by another hop; the counts of the rest are not lost.
    if scrapes.processes().any(|process| {
        let total = process.counts.step(Step::Total);
        total.is_none_or(|total| total.count < total.upto(f64::INFINITY).unwrap_or(f64::MAX))
    }) {
        return None;
    }
    let totals = scrapes
        .processes()
        .map(|process| process.counts.count(Step::Total));
    let store = &scrapes.store.name;
    let (completed, lost) = (ledger.completed, ledger.completed - totals.sum::<f64>());
    if lost > 0.0 {
        Some(format!(
            "{lost} of {completed} completed requests were lost between /metrics and {store}"
        ))
    } else if lost < 0.0 {
        let surplus = -lost;
        Some(format!(
            "{store} counts {surplus} requests more than the {completed} that were completed"
        ))
    } else {
        None
    }
}
