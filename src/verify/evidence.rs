//! Everything that was gathered in a run, before any judgement; and the few numbers that several hops need.

use std::{collections::BTreeMap, time::Duration};

use super::{
    args::LimitArgs,
    check::count,
    claim::Claim,
    jaeger::Span,
    reading::{Counted, Replica},
    scraped::Scraped,
};
use crate::{
    contract::TraceContext,
    load::{Driven, Outcome, Sent},
};

/// Something that was to be found out.
#[derive(Clone, Debug)]
pub(super) enum Asked<T> {
    Got(T),
    /// It was not to be had, for this reason.
    Skipped(String),
    /// Somebody who was to be asked could not be reached.
    Unreachable(String),
}

/// What a run left behind.
#[derive(Clone, Debug)]
pub(super) struct Evidence {
    pub(super) claim: Claim,
    pub(super) limits: LimitArgs,
    /// How long an answer was waited for.
    pub(super) timeout: Duration,
    pub(super) driven: Driven,
    pub(super) sent: Vec<Sent>,
    pub(super) replicas: Asked<Vec<Replica>>,
    pub(super) scraped: Asked<Scraped>,
    pub(super) traces: Asked<Traces>,
}

/// Spans by trace.
#[derive(Clone, Debug, Default)]
pub(super) struct Traces {
    pub(super) found: BTreeMap<u128, Vec<Span>>,
}

/// An answer that says what it measured.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answer<'a> {
    pub(super) sent: &'a Sent,
    pub(super) drawn: Duration,
    pub(super) total: Duration,
    pub(super) replica: &'a str,
    pub(super) trace: Option<TraceContext>,
}

impl<T> Asked<T> {
    pub(super) fn got(&self) -> Option<&T> {
        match self {
            Self::Got(it) => Some(it),
            _ => None,
        }
    }

    pub(super) fn got_mut(&mut self) -> Option<&mut T> {
        match self {
            Self::Got(it) => Some(it),
            _ => None,
        }
    }

    /// Goes on with what was had; else keeps the reason.
    pub(super) async fn then<U>(self, next: impl AsyncFnOnce(T) -> Asked<U>) -> Asked<U> {
        match self {
            Self::Got(it) => next(it).await,
            Self::Skipped(reason) => Asked::Skipped(reason),
            Self::Unreachable(reason) => Asked::Unreachable(reason),
        }
    }
}

impl Evidence {
    /// The answers that carry a measurement.
    pub(super) fn answers(&self) -> impl Iterator<Item = Answer<'_>> {
        self.sent.iter().filter_map(answer)
    }

    /// The answers of each replica.
    pub(super) fn by_replica(&self) -> BTreeMap<&str, Vec<Answer<'_>>> {
        let mut by = BTreeMap::<_, Vec<_>>::new();
        for answer in self.answers() {
            by.entry(answer.replica).or_default().push(answer);
        }
        by
    }

    /// How many requests got no answer at all, and so may or may not have been counted.
    pub(super) fn unanswered(&self) -> usize {
        let is_failed = |sent: &&Sent| matches!(sent.outcome, Outcome::Failed(_));
        self.sent.iter().filter(is_failed).count()
    }

    /// What each process counted, where `/metrics` was read.
    pub(super) fn counted(&self) -> Vec<Counted<'_>> {
        let replicas = self.replicas.got().into_iter().flatten();
        replicas.flat_map(Replica::counted).collect()
    }

    /// Requests of somebody else, at least; 0 where `/metrics` was not read.
    pub(super) fn others(&self) -> f64 {
        let by = self.by_replica();
        let surplus = |life: &Counted<'_>| {
            let answers = by.get(life.instance_id).map_or(0, Vec::len);
            // What was in flight before the first reading is accepted in it, and ends after it.
            let ended = life.counts.count("total") + life.counts.count("cancelled");
            (life.counts.accepted.max(ended) - count(answers)).max(0.0)
        };
        let inside: f64 = self.counted().iter().map(surplus).sum();
        let unread: f64 = self.others_by_scrapes().values().sum();
        (inside + unread - count(self.unanswered())).max(0.0) + self.others_after()
    }

    /// Requests of somebody else at replicas that answered, and whose own page was not read: as Prometheus has them.
    pub(super) fn others_by_scrapes(&self) -> BTreeMap<&str, f64> {
        let read: Vec<_> = self.counted().iter().map(|life| life.instance_id).collect();
        let targets = self.scraped.got().map(|scraped| &scraped.targets);
        let lives = || {
            targets
                .into_iter()
                .flatten()
                .flat_map(|target| &target.lives)
        };
        let by = self.by_replica().into_iter();
        by.filter(|(id, _)| !read.contains(id))
            .map(|(id, answers)| {
                let own = lives().filter(|life| life.instance_id.as_deref() == Some(id));
                let accepted = own.map(|life| life.counts.accepted).fold(0.0, f64::max);
                (id, (accepted - count(answers.len())).max(0.0))
            })
            .collect()
    }

    /// Requests that came between the last answer and the last scrape.
    fn others_after(&self) -> f64 {
        let replicas = self.replicas.got().into_iter().flatten();
        let around = |replica: &Replica| {
            let settled = replica.settled.checked_sub(1);
            let (Some(settled), Some(last)) = (
                settled.and_then(|at| replica.readings.get(at)),
                replica.readings.last(),
            ) else {
                return 0.0;
            };
            if settled.instance_id == last.instance_id {
                last.counts.accepted - settled.counts.accepted
            } else {
                0.0
            }
        };
        replicas.map(around).sum()
    }
}

fn answer(sent: &Sent) -> Option<Answer<'_>> {
    let Outcome::Answered {
        timing,
        traceresponse,
        ..
    } = &sent.outcome
    else {
        return None;
    };
    Some(Answer {
        sent,
        drawn: timing.delay?,
        total: timing.total?,
        replica: timing.replica.as_deref()?,
        trace: *traceresponse,
    })
}
