//! span -> Jaeger: each sampled request that was answered has a trace, whose span has the same measurement.

use std::{collections::BTreeSet, time::Duration};

use super::{
    judgement::{Hop, plural},
    missing_traces,
};
use crate::verify::{
    evidence::Evidence,
    model::{
        answers::{Answer, answers},
        spans::{Span, Traces},
    },
};

const NAME: &str = "span -> Jaeger";
/// Most traces that are listed.
const MAX_LISTED: usize = 3;

pub fn judge(evidence: &Evidence) -> Hop {
    Hop::of(NAME, &evidence.traces, |traces| compare(evidence, traces))
}

fn compare(evidence: &Evidence, traces: &Traces) -> Hop {
    let sampled = answers(&evidence.sent).filter(|answer| answer.sent.sampled);
    let (mut missing, mut orphans, mut differing, mut count) = (vec![], vec![], vec![], 0);
    let mut repeated = Vec::new();
    for answer in sampled {
        count += 1;
        match traces.get(&answer.sent.trace_context.trace_id) {
            None => missing.push(answer),
            Some(spans) => {
                if executions(spans) > 1 {
                    repeated.push(answer);
                }
                match server_span(spans, &answer) {
                    None => orphans.push(answer),
                    Some(span) => differing.extend(difference(span, &answer)),
                }
            }
        }
    }
    if count == 0 {
        return Hop::unjudged(NAME, ["no sampled request was answered".to_owned()]);
    }
    let mut wrong = Vec::new();
    if !missing.is_empty() {
        let failed = missing_traces::failed_exports(evidence);
        if missing.len() == count && failed.is_empty() {
            return Hop::unjudged(NAME, missing_traces::none_yet(evidence, count));
        }
        let hint = missing_traces::hint(evidence, traces, &missing);
        wrong.push(format!(
            "{} of {count} sampled traces are missing: {}{hint}",
            missing.len(),
            ids(&missing)
        ));
        wrong.extend(failed);
    }
    if !orphans.is_empty() {
        wrong.push(format!(
            "{} without the server span of the request: {}",
            plural(orphans.len(), "trace"),
            ids(&orphans)
        ));
    }
    let more = differing.len().saturating_sub(MAX_LISTED);
    let of = differing.len();
    wrong.extend(differing.into_iter().take(MAX_LISTED));
    if more > 0 {
        wrong.push(format!("and {more} more: {of} of {count} traces differ"));
    }
    let good = format!(
        "{count} of {count} sampled traces, each with the measured duration and the drawn delay"
    );
    let hop = Hop::judged(NAME, wrong, good);
    if repeated.is_empty() {
        return hop;
    }
    hop.warned([format!(
        "{} of {count} requests were executed more than once (several server spans in the trace: a mirror or a retry on the way): {}",
        repeated.len(),
        ids(&repeated)
    )])
}

/// How many times the service executed this request, by its spans.
fn executions(spans: &[Span]) -> usize {
    let is_own = |span: &&Span| span.is_server && span.drawn_ns.is_some();
    let ids = spans.iter().filter(is_own).map(|span| span.id);
    ids.collect::<BTreeSet<_>>().len()
}

/// The service's own span: the child of the request's span; otherwise (a proxy opened spans) the replica's server span.
fn server_span<'a>(spans: &'a [Span], answer: &Answer<'_>) -> Option<&'a Span> {
    let is_from = |id: &str| id == answer.replica;
    let own = || {
        spans.iter().filter(|span| {
            let is_ours = span.instance_id.as_deref().is_none_or(is_from);
            span.is_server && span.drawn_ns.is_some() && is_ours
        })
    };
    let answered = answer.trace.map(|trace| trace.parent_id);
    let exact = own().find(|span| Some(span.id) == answered);
    let parent_id = answer.sent.trace_context.parent_id;
    let child = || own().find(|span| span.parent_id == parent_id);
    exact.or_else(child).or_else(|| own().next())
}

fn difference(span: &Span, answer: &Answer<'_>) -> Option<String> {
    let trace = answer.sent.trace_context.trace_id;
    let differs = |in_span: Option<u64>, in_answer: Duration, what: &str| {
        let in_answer = in_answer.as_nanos();
        if in_span.map(u128::from) == Some(in_answer) {
            return None;
        }
        let in_span = in_span.map_or("none".to_owned(), |nanos| format!("{nanos} ns"));
        Some(format!(
            "trace {trace:032x}: the {what} is {in_span} in the span, {in_answer} ns in the answer"
        ))
    };
    differs(span.took_ns, answer.total, "duration")
        .or_else(|| differs(span.drawn_ns, answer.drawn, "drawn delay"))
}

fn ids(answers: &[Answer<'_>]) -> String {
    let first = answers.iter().take(MAX_LISTED);
    let first: Vec<_> = first
        .map(|answer| format!("{:032x}", answer.sent.trace_context.trace_id))
        .collect();
    let more = if answers.len() > MAX_LISTED {
        ", ..."
    } else {
        ""
    };
    first.join(", ") + more
}
