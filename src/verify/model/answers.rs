//! The answers that carry a measurement, out of everything that was sent.

use std::{collections::BTreeMap, time::Duration};

use crate::{
    contract::TraceContext,
    load::{Outcome, Sent},
};

/// An answer with a complete `Server-Timing` header.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    pub sent: &'a Sent,
    pub drawn: Duration,
    pub total: Duration,
    pub replica: &'a str,
    /// The ids of the server's span, where the answer names them.
    pub trace: Option<TraceContext>,
}

/// All of them, in the order of sending.
pub fn answers(sent: &[Sent]) -> impl Iterator<Item = Answer<'_>> {
    sent.iter().filter_map(answer)
}

/// The answers of each replica.
pub fn by_replica(sent: &[Sent]) -> BTreeMap<&str, Vec<Answer<'_>>> {
    let mut by = BTreeMap::<_, Vec<_>>::new();
    for answer in answers(sent) {
        by.entry(answer.replica).or_default().push(answer);
    }
    by
}

/// How many requests have no answer with a measurement: the service may or may not have counted them.
pub fn unmeasured(sent: &[Sent]) -> usize {
    sent.len() - answers(sent).count()
}

/// How many requests got no answer.
pub fn unanswered(sent: &[Sent]) -> usize {
    let is_failed = |sent: &&Sent| matches!(sent.outcome, Outcome::Failed(_));
    sent.iter().filter(is_failed).count()
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
