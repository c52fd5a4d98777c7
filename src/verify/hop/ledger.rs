//! ledger: what was sent is accepted, what is accepted is completed or cancelled; else the hop is named that lost it.

use std::collections::BTreeMap;

use super::Hop;
use crate::{
    load::Outcome,
    verify::{
        check::count,
        evidence::{Asked, Evidence},
        scraped::{Scraped, named},
        series::Target,
    },
};

const NAME: &str = "ledger";

/// Every view of the same requests.
struct Ledger {
    sent: f64,
    answered: f64,
    failed: BTreeMap<&'static str, usize>,
    accepted: f64,
    completed: f64,
    cancelled: f64,
    others: f64,
    is_read_in_whole: bool,
}

pub(super) fn judge(evidence: &Evidence) -> Hop {
    match &evidence.replicas {
        Asked::Got(_) => {}
        Asked::Skipped(reason) => return Hop::skipped(NAME, reason),
        Asked::Unreachable(reason) => return Hop::unreachable(NAME, reason),
    }
    let ledger = Ledger::read(evidence);
    let mut wrong = ledger.wrong(evidence.limits.exclusive);
    wrong.extend(unbalanced_readings(evidence));
    if let Some(scraped) = evidence.scraped.got() {
        wrong.extend(lost_in_prometheus(&ledger, scraped));
        wrong.extend(unbalanced_scrapes(&evidence.claim.namespace, scraped));
    }
    if !ledger.is_read_in_whole && wrong.is_empty() {
        return Hop::skipped(
            NAME,
            "not every replica that answered was read: --metrics URL names them",
        );
    }
    let mut more = Vec::new();
    if evidence.driven.not_sent > 0 {
        more.push(format!(
            "{} requests that were due were not sent",
            evidence.driven.not_sent
        ));
    }
    Hop::judged(NAME, wrong, ledger.in_words()).with(more)
}

impl Ledger {
    fn read(evidence: &Evidence) -> Self {
        let counted = evidence.counted();
        let by = evidence.by_replica();
        let read: Vec<_> = counted.iter().map(|life| life.instance_id).collect();
        let mut failed = BTreeMap::new();
        for sent in &evidence.sent {
            if let Outcome::Failed(failure) = &sent.outcome {
                *failed.entry(failure.kind()).or_default() += 1;
            }
        }
        let sum = |step: &str| counted.iter().map(|life| life.counts.count(step)).sum();
        Self {
            sent: count(evidence.sent.len()),
            answered: count(evidence.answers().count()),
            failed,
            accepted: counted.iter().map(|life| life.counts.accepted).sum(),
            completed: sum("total"),
            cancelled: sum("cancelled"),
            others: evidence.others(),
            is_read_in_whole: by.keys().all(|id| read.contains(id))
                && counted.iter().all(|life| life.is_whole),
        }
    }

    fn wrong(&self, exclusive: bool) -> Vec<String> {
        let mut wrong = Vec::new();
        if self.others > 0.0 && exclusive {
            wrong.push(format!(
                "other traffic: {} requests, and --exclusive",
                self.others
            ));
        }
        if !self.is_read_in_whole {
            return wrong;
        }
        let lost = self.answered - self.completed;
        if lost > 0.0 {
            wrong.push(format!(
                "{lost} answers came that /metrics does not count as completed"
            ));
        }
        let open = self.accepted - self.completed - self.cancelled;
        if open > 0.0 && self.others == 0.0 {
            wrong.push(format!(
                "{open} requests were accepted, and neither completed nor cancelled"
            ));
        }
        wrong
    }

    fn in_words(&self) -> String {
        let failed: usize = self.failed.values().sum();
        let kinds: Vec<_> = self
            .failed
            .iter()
            .map(|(kind, times)| format!("{times} {kind}"))
            .collect();
        let refused = self.sent - self.answered - count(failed);
        let refused = (refused > 0.0).then(|| format!(" + {refused} refused"));
        let failed = (failed > 0).then(|| format!(" + {failed} failed ({})", kinds.join(", ")));
        let others =
            (self.others > 0.0).then(|| format!("; other traffic: {} requests", self.others));
        let sent = format!("{} sent = {} answered", self.sent, self.answered);
        let ended = format!(
            "; {} accepted = {} completed + {} cancelled",
            self.accepted, self.completed, self.cancelled
        );
        let parts = [Some(sent), refused, failed, Some(ended), others];
        parts.into_iter().flatten().collect()
    }
}

/// Readings in which more had ended than had begun.
fn unbalanced_readings(evidence: &Evidence) -> Option<String> {
    let replicas = evidence.replicas.got()?;
    let mut readings = replicas.iter().flat_map(|replica| &replica.readings);
    let bad = readings.find(|reading| {
        let ended = reading.counts.count("total") + reading.counts.count("cancelled");
        reading.counts.accepted < ended
    })?;
    Some(format!(
        "replica {} says that {} were accepted, and that more than these ended",
        bad.instance_id, bad.counts.accepted
    ))
}

/// Scrapes in which more had ended than had begun.
fn unbalanced_scrapes(namespace: &str, scraped: &Scraped) -> Option<String> {
    let one = |target: &&Target| {
        let own = scraped
            .raw
            .iter()
            .filter(|series| series.target() == target.labels);
        let own: Vec<_> = own.collect();
        let accepted = own
            .iter()
            .find(|series| series.name() == format!("{namespace}_requests_accepted_total"));
        let ends: Vec<_> = own
            .iter()
            .filter(|series| {
                series.name() == format!("{namespace}_execution_latency_seconds_count")
            })
            .filter(|series| {
                series
                    .labels
                    .get("step")
                    .is_some_and(|step| step != "delay")
            })
            .collect();
        accepted.is_some_and(|accepted| {
            accepted.points.iter().any(|point| {
                let ended: f64 = ends.iter().filter_map(|series| series.at(point.at)).sum();
                point.value < ended
            })
        })
    };
    let bad = scraped.targets.iter().find(one)?;
    Some(format!(
        "a scrape of {} has more ends than beginnings",
        named(&bad.labels)
    ))
}

fn lost_in_prometheus(ledger: &Ledger, scraped: &Scraped) -> Option<String> {
    let lives = || scraped.targets.iter().flat_map(|target| &target.lives);
    let total: f64 = lives().map(|life| life.counts.count("total")).sum();
    if ledger.others > 0.0 || !ledger.is_read_in_whole {
        return None;
    }
    let lost = ledger.completed - total;
    if lost > 0.0 {
        Some(format!(
            "{lost} of {} completed requests were lost between /metrics and Prometheus",
            ledger.completed
        ))
    } else if lost < 0.0 {
        Some(format!(
            "Prometheus counts {} requests more than the {} that were completed",
            -lost, ledger.completed
        ))
    } else {
        None
    }
}
