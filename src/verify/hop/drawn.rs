//! declared -> drawn: each delay is recomputed from seed and traceparent, and all together lie in the declared band.

use std::{collections::BTreeMap, time::Duration};

use super::{Hop, many};
use crate::{
    contract::TraceContext,
    delay::{Delay, Domain, draw},
    load::Outcome,
    verify::{
        check::{count, distance, dkw},
        evidence::{Answer, Evidence},
    },
};

const NAME: &str = "declared -> drawn";

/// Why a delay is another one than was recomputed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Departure {
    /// No `traceparent` reached the service, which began a trace of its own.
    Dropped,
    /// The trace arrived with another parent.
    Reparented,
    /// The replica that answered declares something else.
    Declares { replica: String, declared: String },
    /// Nothing known explains it.
    Unexplained { replica: String },
}

pub(super) fn judge(evidence: &Evidence) -> Hop {
    let answers: Vec<_> = evidence.answers().collect();
    let mut wrong = departures(evidence, &answers);
    wrong.extend(disagreements(evidence));
    wrong.extend(unsaid(evidence));
    let mut drawn: Vec<_> = answers.iter().map(|answer| answer.drawn).collect();
    drawn.sort();
    if drawn.is_empty() {
        wrong.push(
            "no request was answered with a Server-Timing: nothing can be compared".to_owned(),
        );
        return Hop::judged(NAME, wrong, "");
    }
    let (off, at) = distance(&evidence.claim.delay, &drawn);
    let band = dkw(drawn.len());
    if off > band {
        wrong.push(outside(evidence, &drawn, off, at));
    }
    let recomputed = match evidence.claim.seed {
        Some(seed) => format!(
            "{} recomputed from seed {seed}, each equal",
            many(drawn.len(), "delay")
        ),
        None => format!(
            "{}, not recomputed: the seed is unknown",
            many(drawn.len(), "delay")
        ),
    };
    Hop::judged(
        NAME,
        wrong,
        format!("{recomputed}; {off:.3} from the declared distribution (at most {band:.3})"),
    )
}

fn departures(evidence: &Evidence, answers: &[Answer<'_>]) -> Vec<String> {
    let mut found = BTreeMap::<Departure, usize>::new();
    for answer in answers {
        if let Some(departure) = departure(evidence, *answer) {
            *found.entry(departure).or_default() += 1;
        }
    }
    let of = many(answers.len(), "delay");
    found
        .into_iter()
        .map(|(departure, times)| departure.in_words(evidence, times, &of))
        .collect()
}

fn departure(evidence: &Evidence, answer: Answer<'_>) -> Option<Departure> {
    let sent = answer.sent.trace_context;
    let claimed = evidence.claim.of(sent)?;
    if claimed == answer.drawn {
        return None;
    }
    let fits = |trace_context| evidence.claim.of(trace_context) == Some(answer.drawn);
    if let Some(trace) = answer.trace.filter(|trace| trace.trace_id != sent.trace_id) {
        let alone = TraceContext {
            trace_id: trace.trace_id,
            parent_id: 0,
        };
        if fits(alone) {
            return Some(Departure::Dropped);
        }
    }
    let spans = evidence
        .traces
        .got()
        .and_then(|traces| traces.found.get(&sent.trace_id));
    let mut parents = spans.into_iter().flatten().map(|span| span.parent_id);
    let reparented = |parent_id| fits(TraceContext { parent_id, ..sent });
    if parents.any(|parent| parent != sent.parent_id && reparented(parent)) {
        return Some(Departure::Reparented);
    }
    let replica = answer.replica.to_owned();
    let declared = declared(evidence, answer.replica);
    Some(match declared {
        Some((delay, seed)) if drawn_by(&delay, &seed, sent) == Some(answer.drawn) => {
            let declared = format!("{delay}, seed {seed}");
            Departure::Declares { replica, declared }
        }
        Some((delay, seed)) if is_claimed(evidence, &delay, &seed) => Departure::Reparented,
        _ => Departure::Unexplained { replica },
    })
}

/// What a replica declares in its own metrics.
fn declared(evidence: &Evidence, replica: &str) -> Option<(String, String)> {
    let all = evidence.replicas.got()?.iter();
    all.flat_map(|replica| &replica.readings)
        .find(|reading| reading.instance_id == replica)?
        .declared
        .clone()
}

fn drawn_by(delay: &str, seed: &str, trace_context: TraceContext) -> Option<Duration> {
    let (delay, seed): (Delay, u64) = (delay.parse().ok()?, seed.parse().ok()?);
    Some(delay.quantile(draw(seed, Domain::Delay, trace_context)))
}

fn is_claimed(evidence: &Evidence, delay: &str, seed: &str) -> bool {
    let claim = &evidence.claim;
    delay == claim.delay.to_string()
        && claim
            .seed
            .is_some_and(|claimed| claimed.to_string() == seed)
}

impl Departure {
    fn in_words(self, evidence: &Evidence, times: usize, of: &str) -> String {
        let claim = evidence.claim.in_words();
        match self {
            Self::Dropped => format!(
                "{times} of {of}: the traceparent was dropped on the way; the service began a trace of its own"
            ),
            Self::Reparented => format!(
                "{times} of {of}: the parent was changed on the way, the trace arrived; a proxy that opens spans does this"
            ),
            Self::Declares { replica, declared } => format!(
                "{times} of {of} are those of another claim: replica {replica} declares {declared}; claimed is {claim}"
            ),
            Self::Unexplained { replica } => format!(
                "{times} of {of} are not those of {claim}: replica {replica} draws from another delay or seed"
            ),
        }
    }
}

/// Replicas whose own metrics declare something else, though none of their answers may show it.
fn disagreements(evidence: &Evidence) -> Vec<String> {
    if evidence.claim.seed.is_none() {
        return Vec::new();
    }
    let mut found = BTreeMap::new();
    let replicas = evidence.replicas.got().into_iter().flatten();
    for reading in replicas.flat_map(|replica| &replica.readings) {
        if let Some((delay, seed)) = &reading.declared
            && !is_claimed(evidence, delay, seed)
        {
            found.insert(&reading.instance_id, format!("{delay}, seed {seed}"));
        }
    }
    let claim = evidence.claim.in_words();
    found
        .into_iter()
        .map(|(id, declared)| format!("replica {id} declares {declared}; claimed is {claim}"))
        .collect()
}

/// Answers without a measurement: refusals for load, or a proxy that takes the header away.
fn unsaid(evidence: &Evidence) -> Option<String> {
    let mut by_status = BTreeMap::<u16, usize>::new();
    for sent in &evidence.sent {
        if let Outcome::Answered { status, timing, .. } = &sent.outcome
            && (timing.delay.is_none() || timing.total.is_none() || timing.replica.is_none())
        {
            *by_status.entry(*status).or_default() += 1;
        }
    }
    let words: Vec<_> = by_status
        .iter()
        .map(|(status, times)| format!("{times} with status {status}"))
        .collect();
    (!words.is_empty()).then(|| format!("answers without a Server-Timing: {}", words.join(", ")))
}

/// Words a sample that left the band; a timeout that cuts off the long delays is named.
fn outside(evidence: &Evidence, drawn: &[Duration], off: f64, at: Duration) -> String {
    let band = dkw(drawn.len());
    let text = format!(
        "{} are {off:.3} from the declared distribution, at {at:?}: more than {band:.3}",
        many(drawn.len(), "delay")
    );
    let is_cut = |sent: &&crate::load::Sent| {
        let due = evidence.claim.of(sent.trace_context);
        matches!(sent.outcome, Outcome::Failed(_)) && due.is_some_and(|due| due >= evidence.timeout)
    };
    let cut = evidence.sent.iter().filter(is_cut).count();
    if cut == 0 {
        return text;
    }
    let share = 100.0 * count(cut) / count(evidence.sent.len());
    format!(
        "{text}; truncated: {} ({share:.0} %) drew a delay above --timeout {:?} and got no answer",
        many(cut, "request"),
        evidence.timeout
    )
}
