//! Traces that are not in the store: whether they are lost, late, or left out by a sampler, as far as that is shown.

use std::time::Duration;

use super::judgement::plural;
use crate::{
    contract::names::SPANS_EXPORTED,
    verify::{
        evidence::Evidence,
        model::{page::Replica, requests::Answer, spans::Traces, trace_store::TraceStore},
    },
};

/// Most traces that are listed.
const MAX_LISTED: usize = 3;
/// Requests that end this close together may be exported in either order.
const BATCH: Duration = Duration::from_millis(100);

/// The name of the store.
pub fn store(evidence: &Evidence) -> &'static str {
    let store = evidence.trace_store.as_ref();
    store.unwrap_or(&TraceStore::JAEGER).name
}

/// Replicas that answered and delivered no span, by their own `/metrics`.
pub fn failed_exports(evidence: &Evidence) -> Vec<String> {
    answered(evidence)
        .filter_map(|(id, replica)| {
            let spans = replica.exports()?;
            let is_failing = spans.delivered == 0.0 && spans.lost > 0.0;
            if !spans.has_exporter {
                Some(format!(
                    "replica {id} exports no spans: its /metrics has no {SPANS_EXPORTED}; is OTEL_EXPORTER_OTLP_ENDPOINT set?"
                ))
            } else if is_failing {
                Some(format!(
                    "replica {id} could not export its spans: by its /metrics {} were lost, and none was delivered",
                    spans.lost
                ))
            } else {
                None
            }
        })
        .collect()
}

/// Where nothing shows that traces are lost, none at all may mean that it is too early.
pub fn none_yet(evidence: &Evidence, count: usize) -> Vec<String> {
    let exports = answered(evidence).filter_map(|(_, replica)| replica.exports());
    let delivered = exports.map(|spans| spans.delivered).reduce(|a, b| a + b);
    let waited = evidence.traces_wait;
    let none = format!(
        "none of {} has arrived within --wait {waited:?}: the export may be late (the timeout of a batch processor), or traces do not arrive at all; a longer --wait tells",
        plural(count, "sampled trace")
    );
    let delivered = delivered.map(|spans| {
        format!("the service has exported {spans} spans since the run began, by its /metrics")
    });
    [none].into_iter().chain(delivered).collect()
}

/// What the missing traces have in common, unlike those that are there.
pub fn hint(evidence: &Evidence, traces: &Traces) -> &'static str {
    let sampled = || evidence.sent.answers().filter(|answer| answer.sampled);
    let is_there = |answer: &Answer<'_>| traces.get(answer.sent.trace_id).is_some();
    let there = || sampled().filter(is_there);
    let missing = || sampled().filter(|answer| !is_there(answer));
    let total = |answer: Answer<'_>| answer.total;
    let done = |answer: Answer<'_>| answer.done;
    let slack = |time| time + BATCH;
    if there().next().is_none() {
        ""
    } else if missing().map(total).max() < there().map(total).min() {
        "; all of them are faster than those that are there: does a sampler on the way keep only slow traces?"
    } else if there().map(done).max() < missing().map(done).map(slack).min() {
        "; all of them ended after those that are there: is the export late? A longer --wait tells"
    } else if missing().map(done).max() < there().map(done).map(slack).min() {
        "; all of them ended before those that are there: were they lost in a restart on the way?"
    } else {
        ""
    }
}

/// The first of some traces.
pub fn listed<'a>(ids: impl IntoIterator<Item = &'a u128>) -> String {
    let mut ids = ids.into_iter();
    let first = ids.by_ref().take(MAX_LISTED);
    let first: Vec<_> = first.map(|id| format!("{id:032x}")).collect();
    let more = if ids.next().is_some() { ", ..." } else { "" };
    first.join(", ") + more
}

/// The replicas that answered and whose `/metrics` were read.
fn answered(evidence: &Evidence) -> impl Iterator<Item = (&str, &Replica)> {
    let ids = evidence.sent.by_replica();
    let replicas = evidence.replicas.found().into_iter().flatten();
    replicas.filter_map(move |replica| {
        let id = replica.snapshots.first()?.instance_id.as_str();
        ids.contains_key(id).then_some((id, replica))
    })
}
