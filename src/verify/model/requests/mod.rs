//! Every request of the run. A run has up to a million: each is kept in 64 bytes.

mod traces;

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use crate::{
    contract::TraceContext,
    load::{Outcome, Sent},
};

/// The most replicas, and the longest name of one: both come from the server. Other answers count as untimed.
const MAX_REPLICAS: usize = 2000;
const MAX_NAME: usize = 1024;

/// All requests, in the order in which they ended.
#[derive(Clone, Debug, Default)]
pub struct Requests {
    kept: Vec<Kept>,
    replicas: Vec<Arc<str>>,
    failures: Vec<&'static str>,
    /// Answers with a status of 5xx.
    pub server_errors: usize,
    /// The trace ids of answers that name another trace than their request.
    other_traces: BTreeMap<usize, u128>,
}

#[derive(Clone, Copy, Debug)]
struct Kept {
    trace_id: u128,
    parent_id: u64,
    /// Of the server; 0 where the answer names none.
    span_id: u64,
    drawn_ns: u64,
    total_ns: u64,
    service_ns: u64,
    done_ms: u32,
    end: End,
}

/// How a request ended.
#[derive(Clone, Copy, Debug)]
enum End {
    /// The index of its kind.
    Failed { kind: u16 },
    /// Without a complete `Server-Timing` header.
    Untimed { status: u16, sampled: bool },
    /// The index of its replica.
    Timed { replica: u16, sampled: bool },
}

/// An answer with a complete `Server-Timing` header.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// Its place among all requests.
    pub index: usize,
    /// The ids in the `traceparent` of the request.
    pub sent: TraceContext,
    pub sampled: bool,
    pub drawn: Duration,
    pub total: Duration,
    /// From sending to the last byte.
    pub service_time: Duration,
    /// When its last byte was received, in whole milliseconds since the start of the run.
    pub done: Duration,
    pub replica: &'a str,
    /// The ids of the server's span, where the answer names them.
    pub trace: Option<TraceContext>,
}

impl Requests {
    /// With room for this many, which takes memory only as it is used.
    pub fn with_capacity(requests: usize) -> Self {
        Self {
            kept: Vec::with_capacity(requests),
            ..Self::default()
        }
    }

    pub fn push(&mut self, sent: &Sent) {
        let mut kept = Kept {
            trace_id: sent.trace_context.trace_id,
            parent_id: sent.trace_context.parent_id,
            span_id: 0,
            drawn_ns: 0,
            total_ns: 0,
            service_ns: nanos(sent.service_time()),
            done_ms: u32::try_from(sent.done.as_millis()).unwrap_or(u32::MAX),
            end: self.end(sent),
        };
        if let Outcome::Answered {
            status,
            timing,
            traceresponse,
            ..
        } = &sent.outcome
        {
            self.server_errors += usize::from(*status >= 500);
            kept.drawn_ns = timing.delay.map_or(0, nanos);
            kept.total_ns = timing.total.map_or(0, nanos);
            if let Some(trace) = traceresponse {
                kept.span_id = trace.parent_id;
                if trace.trace_id != kept.trace_id {
                    self.other_traces.insert(self.kept.len(), trace.trace_id);
                }
            }
        }
        self.kept.push(kept);
    }

    fn end(&mut self, sent: &Sent) -> End {
        let sampled = sent.sampled;
        match &sent.outcome {
            Outcome::Failed(failure) => {
                let kind = failure.kind();
                let kind = index_of(&mut self.failures, |known| *known == kind, || kind);
                End::Failed { kind }
            }
            Outcome::Answered { status, timing, .. } => {
                let status = *status;
                let is_complete = timing.delay.is_some() && timing.total.is_some();
                let replica = timing.replica.as_deref().filter(|_| is_complete);
                match replica.and_then(|id| self.replica(id)) {
                    Some(replica) => End::Timed { replica, sampled },
                    None => End::Untimed { status, sampled },
                }
            }
        }
    }

    fn replica(&mut self, id: &str) -> Option<u16> {
        let is_new = !self.replicas.iter().any(|known| **known == *id);
        let is_refused = self.replicas.len() == MAX_REPLICAS || id.len() > MAX_NAME;
        if is_new && is_refused {
            return None;
        }
        let is_same = |known: &Arc<str>| **known == *id;
        Some(index_of(&mut self.replicas, is_same, || id.into()))
    }

    pub fn len(&self) -> usize {
        self.kept.len()
    }

    /// The answers with a measurement.
    pub fn answers(&self) -> impl Iterator<Item = Answer<'_>> {
        let all = self.kept.iter().enumerate();
        all.filter_map(|(index, kept)| self.answer(index, kept))
    }

    fn answer(&self, index: usize, kept: &Kept) -> Option<Answer<'_>> {
        let End::Timed { replica, sampled } = kept.end else {
            return None;
        };
        let other = self.other_traces.get(&index).copied();
        let trace = TraceContext {
            trace_id: other.unwrap_or(kept.trace_id),
            parent_id: kept.span_id,
        };
        Some(Answer {
            index,
            sent: kept.context(),
            sampled,
            drawn: Duration::from_nanos(kept.drawn_ns),
            total: Duration::from_nanos(kept.total_ns),
            service_time: Duration::from_nanos(kept.service_ns),
            done: Duration::from_millis(kept.done_ms.into()),
            replica: self.replicas.get(usize::from(replica))?,
            trace: (kept.span_id != 0).then_some(trace),
        })
    }

    /// A value of each answer, sorted.
    pub fn sorted<T: PartialOrd>(&self, of: impl Fn(Answer<'_>) -> T) -> Vec<T> {
        let mut all = Vec::with_capacity(self.len());
        all.extend(self.answers().map(of));
        all.sort_unstable_by(|a, b| a.partial_cmp(b).unwrap_or(Ordering::Equal));
        all
    }

    /// How many of the answers are of each replica.
    pub fn by_replica(&self) -> BTreeMap<&str, usize> {
        let mut by = BTreeMap::new();
        for answer in self.answers() {
            *by.entry(answer.replica).or_default() += 1;
        }
        by
    }

    /// The measured totals in the answers of a replica.
    pub fn totals_of(&self, replica: &str) -> impl Iterator<Item = Duration> {
        let own = self.answers();
        own.filter(move |answer| answer.replica == replica)
            .map(|answer| answer.total)
    }

    /// Answers whose server span an earlier answer has, too, by their index.
    pub fn repeated(&self) -> BTreeSet<usize> {
        let key = |&index: &usize| {
            let other = self.other_traces.get(&index).copied();
            let kept = &self.kept[index];
            (kept.span_id, other.unwrap_or(kept.trace_id), index)
        };
        let mut named: Vec<_> = self
            .answers()
            .filter_map(|answer| answer.trace.map(|_| answer.index))
            .collect();
        named.sort_unstable_by_key(key);
        let is_same = |pair: &&[usize]| {
            let [a, b] = [key(&pair[0]), key(&pair[1])];
            (a.0, a.1) == (b.0, b.1)
        };
        named
            .windows(2)
            .filter(is_same)
            .map(|pair| pair[1])
            .collect()
    }

    /// How many requests have no answer with a measurement: the service may or may not have counted them.
    pub fn unmeasured(&self) -> usize {
        self.len() - self.answers().count()
    }

    /// Requests without an answer: why, and their ids.
    pub fn failed(&self) -> impl Iterator<Item = (&'static str, TraceContext)> {
        self.kept.iter().filter_map(|kept| match kept.end {
            End::Failed { kind } => {
                let kind = self.failures.get(usize::from(kind))?;
                Some((*kind, kept.context()))
            }
            _ => None,
        })
    }

    /// How many requests have no answer, by why.
    pub fn failed_by_kind(&self) -> BTreeMap<&'static str, usize> {
        let mut by = BTreeMap::new();
        for (kind, _) in self.failed() {
            *by.entry(kind).or_default() += 1;
        }
        by
    }

    /// The statuses of the answers without a measurement.
    pub fn untimed(&self) -> impl Iterator<Item = u16> {
        self.kept.iter().filter_map(|kept| match kept.end {
            End::Untimed { status, .. } => Some(status),
            _ => None,
        })
    }
}

impl Kept {
    fn context(&self) -> TraceContext {
        TraceContext {
            trace_id: self.trace_id,
            parent_id: self.parent_id,
        }
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// The place of what is the same in a list, added where it is new.
fn index_of<T>(known: &mut Vec<T>, is_same: impl Fn(&T) -> bool, new: impl FnOnce() -> T) -> u16 {
    let found = known.iter().position(is_same).unwrap_or_else(|| {
        known.push(new());
        known.len() - 1
    });
    u16::try_from(found).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests;
