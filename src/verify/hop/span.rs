//! span -> Jaeger (or Tempo): each sampled request that was answered has a trace, whose span has the same measurement.

use std::time::Duration;

use super::{
    judgement::{Hop, plural},
    missing_traces::{self, listed},
};
use crate::verify::{
    evidence::Evidence,
    model::{
        requests::Answer,
        spans::{Span, Traces, executions},
    },
};

const NAME: &str = "span -> Jaeger";
/// Most differences that are listed.
const MAX_LISTED: usize = 3;

pub fn judge(evidence: &Evidence) -> Hop {
    Hop::of(NAME, &evidence.traces, |traces| {
        Comparison::new(evidence, traces).hop(evidence, traces)
    })
}

/// The sampled answers beside their traces: the ids of those with something wrong.
#[derive(Default)]
struct Comparison {
    count: usize,
    /// Those that are not there, and need not be.
    left_out: usize,
    /// Those that must be there, and are not.
    missing: Vec<u128>,
    /// Those that are there, though a sampler should have left them out.
    surplus: Vec<u128>,
    /// Those that are there without the server span of the request.
    partial: Vec<u128>,
    repeated: Vec<u128>,
    differing: usize,
    first_differences: Vec<String>,
}

impl Comparison {
    fn new(evidence: &Evidence, traces: &Traces) -> Self {
        let mut own = Self::default();
        let expected = evidence.limits.expect_traces.unwrap_or_default();
        for answer in evidence.sent.answers().filter(|answer| answer.sampled) {
            own.count += 1;
            let id = answer.sent.trace_id;
            match traces.get(id) {
                None if traces.is_partial(id) => own.partial.push(id),
                None if expected.requires(answer.total) => own.missing.push(id),
                None => own.left_out += 1,
                Some(spans) => {
                    if expected.excludes(answer.total) {
                        own.surplus.push(id);
                    }
                    own.add(&answer, spans);
                }
            }
        }
        own
    }

    fn add(&mut self, answer: &Answer<'_>, spans: &[Span]) {
        if executions(spans) > 1 {
            self.repeated.push(answer.sent.trace_id);
        }
        let Some(span) = server_span(spans, answer) else {
            return; // a whole trace has one
        };
        if let Some(difference) = difference(span, answer) {
            self.differing += 1;
            if self.differing <= MAX_LISTED {
                self.first_differences.push(difference);
            }
        }
    }

    fn hop(self, evidence: &Evidence, traces: &Traces) -> Hop {
        let count = self.count;
        if count == 0 {
            return Hop::unjudged(NAME, ["no sampled request was answered".to_owned()]);
        }
        let mut wrong = Vec::new();
        let absent = self.missing.len() + self.left_out + self.partial.len();
        let failed = || missing_traces::failed_exports(evidence);
        let partial = (!self.partial.is_empty()).then(|| {
            format!(
                "{} without the server span of the request: {}",
                plural(self.partial.len(), "trace"),
                listed(&self.partial)
            )
        });
        if absent == count && absent > self.left_out && failed().is_empty() {
            let none = missing_traces::none_yet(evidence, count);
            return Hop::unjudged(NAME, none.into_iter().chain(partial));
        }
        if !self.missing.is_empty() {
            wrong.push(format!(
                "{} of {count} sampled traces are missing: {}{}",
                self.missing.len(),
                listed(&self.missing),
                missing_traces::hint(evidence, traces)
            ));
        }
        wrong.extend(partial);
        if !wrong.is_empty() {
            wrong.extend(failed());
        }
        let there = count - absent;
        let expected = evidence.limits.expect_traces.unwrap_or_default();
        let mut as_expected = String::new();
        if let Some((low, high)) = expected.band(count as f64) {
            let band = format!("--expect-traces leaves {low} to {high} by chance");
            if (low..=high).contains(&(there as f64)) {
                as_expected = format!(" ({band})");
            } else {
                wrong.push(format!(
                    "{there} of {count} sampled traces are there, but {band}"
                ));
                wrong.extend(failed());
            }
        }
        wrong.extend(self.first_differences);
        if self.differing > MAX_LISTED {
            let (more, of) = (self.differing - MAX_LISTED, self.differing);
            wrong.push(format!("and {more} more: {of} of {count} traces differ"));
        }
        let good = format!(
            "{there} of {count} sampled traces{as_expected}, each with the measured duration and the drawn delay"
        );
        let mut warnings = Vec::new();
        if !self.surplus.is_empty() {
            warnings.push(format!(
                "{} of faster requests are there besides: {}",
                plural(self.surplus.len(), "trace"),
                listed(&self.surplus)
            ));
        }
        if !self.repeated.is_empty() {
            warnings.push(format!(
            "{} of {count} requests were executed more than once (several server spans in the trace: a mirror or a retry on the way): {}",
            self.repeated.len(),
            listed(&self.repeated)
        ));
        }
        let hop = Hop::judged(NAME, wrong, good);
        hop.warned(warnings)
    }
}

/// The service's own span: the child of the request's span; otherwise (a proxy opened spans) the replica's server span.
fn server_span<'a>(spans: &'a [Span], answer: &Answer<'_>) -> Option<&'a Span> {
    let own = || spans.iter().filter(|span| span.is_from(answer.replica));
    let answered = answer.trace.map(|trace| trace.parent_id);
    let exact = own().find(|span| Some(span.id) == answered);
    let child = || own().find(|span| span.parent_id == answer.sent.parent_id);
    exact.or_else(child).or_else(|| own().next())
}

fn difference(span: &Span, answer: &Answer<'_>) -> Option<String> {
    let trace = answer.sent.trace_id;
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
        .or_else(|| differs(Some(span.drawn_ns), answer.drawn, "drawn delay"))
}
