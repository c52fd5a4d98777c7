//! span -> Jaeger: each sampled request that was answered is a trace, whose span says the same measurement.

use super::{Hop, many};
use crate::verify::{
    evidence::{Answer, Asked, Evidence, Traces},
    jaeger::Span,
};

const NAME: &str = "span -> Jaeger";
/// How many traces are named.
const SAID: usize = 3;

pub(super) fn judge(evidence: &Evidence) -> Hop {
    match &evidence.traces {
        Asked::Got(traces) => compare(evidence, traces),
        Asked::Skipped(reason) => Hop::skipped(NAME, reason),
        Asked::Unreachable(reason) => Hop::unreachable(NAME, reason),
    }
}

fn compare(evidence: &Evidence, traces: &Traces) -> Hop {
    let sampled: Vec<_> = evidence
        .answers()
        .filter(|answer| answer.sent.sampled)
        .collect();
    if sampled.is_empty() {
        return Hop::skipped(NAME, "no sampled request was answered");
    }
    let own = |answer: &Answer<'_>| {
        let spans = traces.found.get(&answer.sent.trace_context.trace_id);
        spans.map(|spans| (spans, server(spans, answer)))
    };
    let missing: Vec<_> = sampled
        .iter()
        .filter(|answer| own(answer).is_none())
        .collect();
    let mut wrong = Vec::new();
    if !missing.is_empty() {
        let all = if missing.len() == sampled.len() {
            "; does the service export (OTEL_EXPORTER_OTLP_ENDPOINT)?"
        } else {
            ""
        };
        wrong.push(format!(
            "{} of {} sampled traces are not there: {}{all}",
            missing.len(),
            sampled.len(),
            named(missing.iter().map(|answer| **answer))
        ));
    }
    let orphans = sampled
        .iter()
        .filter(|answer| own(answer).is_some_and(|(_, server)| server.is_none()));
    let orphans: Vec<_> = orphans.copied().collect();
    if !orphans.is_empty() {
        wrong.push(format!(
            "{} without the server span of the request: {}",
            many(orphans.len(), "trace"),
            named(orphans.iter().copied())
        ));
    }
    for answer in &sampled {
        if let Some((_, Some(span))) = own(answer) {
            wrong.extend(disagreement(span, answer));
        }
    }
    wrong.truncate(SAID + 2);
    let good = format!(
        "{} of {} sampled traces, each with the measured duration and the drawn delay",
        sampled.len() - missing.len(),
        sampled.len()
    );
    Hop::judged(NAME, wrong, good)
}

/// The service's own span: a child of the request as it was sent; after a proxy's, the replica's server span.
fn server<'a>(spans: &'a [Span], answer: &Answer<'_>) -> Option<&'a Span> {
    let is_own = |span: &&Span| {
        span.is_server
            && span.drawn_ns.is_some()
            && span
                .instance_id
                .as_deref()
                .is_none_or(|id| id == answer.replica)
    };
    let child =
        |span: &&Span| is_own(span) && span.parent_id == answer.sent.trace_context.parent_id;
    spans
        .iter()
        .find(child)
        .or_else(|| spans.iter().find(is_own))
}

fn disagreement(span: &Span, answer: &Answer<'_>) -> Option<String> {
    let trace = answer.sent.trace_context.trace_id;
    let same = |told: Option<u64>, known: std::time::Duration| {
        told.map(u128::from) == Some(known.as_nanos())
    };
    let words = |told: Option<u64>| told.map_or("nothing".to_owned(), |told| format!("{told} ns"));
    if !same(span.took_ns, answer.total) {
        return Some(format!(
            "trace {trace:032x} lasts {}; the answer measured {} ns",
            words(span.took_ns),
            answer.total.as_nanos()
        ));
    }
    (!same(span.drawn_ns, answer.drawn)).then(|| {
        format!(
            "trace {trace:032x} says a drawn delay of {}; the answer {} ns",
            words(span.drawn_ns),
            answer.drawn.as_nanos()
        )
    })
}

fn named<'a>(answers: impl Iterator<Item = Answer<'a>>) -> String {
    let ids: Vec<_> = answers
        .map(|answer| format!("{:032x}", answer.sent.trace_context.trace_id))
        .collect();
    let first = ids
        .iter()
        .take(SAID)
        .cloned()
        .collect::<Vec<_>>()
        .join(", ");
    if ids.len() > SAID {
        format!("{first}, ...")
    } else {
        first
    }
}
