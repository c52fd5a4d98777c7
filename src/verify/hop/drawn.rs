//! declared -> drawn: each delay is recomputed from seed and traceparent, and their distribution is the declared one.

use std::{collections::BTreeMap, time::Duration};

use super::judgement::{Hop, plural};
use crate::{
    contract::TraceContext,
    delay::{Delay, Domain, draw},
    verify::{
        evidence::Evidence,
        model::{
            page::snapshots,
            requests::Answer,
            statistics::{distance, dkw_band},
        },
    },
};

const NAME: &str = "declared -> drawn";

/// Why a delay differs from the recomputed one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Mismatch {
    /// The answer is that of an earlier request.
    Repeated,
    /// No `traceparent` reached the service, which started its own trace.
    Dropped,
    /// The trace arrived with another parent.
    Reparented,
    /// The replica declares something else.
    Declares {
        replica: String,
        declared: String,
    },
    Unexplained {
        replica: String,
    },
}

pub fn judge(evidence: &Evidence) -> Hop {
    if evidence.sent.len() == 0 {
        return Hop::unjudged(NAME, ["no request was sent".to_owned()]);
    }
    let mut wrong = mismatches(evidence);
    wrong.extend(other_declarations(evidence));
    wrong.extend(without_timing(evidence));
    let drawn = evidence.sent.sorted(|answer| answer.drawn);
    if drawn.is_empty() {
        wrong.push("no answer has a complete Server-Timing header: nothing to compare".to_owned());
        return Hop::judged(NAME, wrong, "");
    }
    let (off, at) = distance(&evidence.claim.delay, &drawn);
    let band = dkw_band(drawn.len());
    let delays = plural(drawn.len(), "delay");
    if off > band {
        wrong.push(format!(
            "{delays} are {off:.3} from the declared distribution, at {at:?}: more than {band:.3}{}",
            truncated(evidence)
        ));
    }
    let recomputed = match evidence.claim.seed {
        Some(seed) => format!("{delays} recomputed from seed {seed}, all equal"),
        None => format!("{delays}, not recomputed because the seed is unknown"),
    };
    Hop::judged(
        NAME,
        wrong,
        format!("{recomputed}; {off:.3} from the declared distribution (at most {band:.3})"),
    )
}

fn mismatches(evidence: &Evidence) -> Vec<String> {
    let mut found = BTreeMap::<Mismatch, usize>::new();
    let mut count = 0;
    let repeated = evidence.sent.repeated();
    for answer in evidence.sent.answers() {
        count += 1;
        let mismatch = if repeated.contains(&answer.index) {
            Some(Mismatch::Repeated)
        } else {
            mismatch(evidence, answer)
        };
        if let Some(mismatch) = mismatch {
            *found.entry(mismatch).or_default() += 1;
        }
    }
    let of = plural(count, "delay");
    let found = found.into_iter();
    found
        .map(|(mismatch, times)| mismatch.summary(evidence, &format!("{times} of {of}")))
        .collect()
}

fn mismatch(evidence: &Evidence, answer: Answer<'_>) -> Option<Mismatch> {
    let sent = answer.sent;
    if evidence.claim.delay_of(sent)? == answer.drawn {
        return None;
    }
    let fits = |trace_context| evidence.claim.delay_of(trace_context) == Some(answer.drawn);
    if let Some(trace) = answer.trace.filter(|trace| trace.trace_id != sent.trace_id) {
        let parent_id = 0;
        if fits(TraceContext { parent_id, ..trace }) {
            return Some(Mismatch::Dropped);
        }
    }
    let traces = evidence.traces.found();
    let spans = traces.and_then(|traces| traces.get(sent.trace_id));
    let mut parents = spans.into_iter().flatten().map(|span| span.parent_id);
    let reparented = |parent_id| fits(TraceContext { parent_id, ..sent });
    if parents.any(|parent| parent != sent.parent_id && reparented(parent)) {
        return Some(Mismatch::Reparented);
    }
    let replica = answer.replica.to_owned();
    let mut snapshots = snapshots(&evidence.replicas);
    let page = snapshots.find(|page| page.instance_id == answer.replica);
    Some(match page.and_then(|page| page.declared.as_ref()) {
        Some((delay, seed)) if drawn_by(delay, seed, sent) == Some(answer.drawn) => {
            let declared = format!("{delay}, seed {seed}");
            Mismatch::Declares { replica, declared }
        }
        Some((delay, seed)) if is_claimed(evidence, delay, seed) => Mismatch::Reparented,
        _ => Mismatch::Unexplained { replica },
    })
}

fn drawn_by(delay: &str, seed: &str, trace_context: TraceContext) -> Option<Duration> {
    let (delay, seed): (Delay, u64) = (delay.parse().ok()?, seed.parse().ok()?);
    Some(delay.quantile(draw(seed, Domain::Delay, trace_context)))
}

fn is_claimed(evidence: &Evidence, delay: &str, seed: &str) -> bool {
    let claim = &evidence.claim;
    let is_seed = |claimed: u64| claimed.to_string() == seed;
    let is_delay = |delay: Delay| claim.is_delay(&delay);
    delay.parse().is_ok_and(is_delay) && claim.seed.is_some_and(is_seed)
}

impl Mismatch {
    fn summary(self, evidence: &Evidence, delays: &str) -> String {
        let claim = evidence.claim.summary();
        match self {
            Self::Repeated => format!(
                "{delays}: an earlier answer was repeated (the same traceresponse): there is a cache on the way"
            ),
            Self::Dropped => format!(
                "{delays}: the traceparent was dropped on the way, and the service started its own trace"
            ),
            Self::Reparented => format!(
                "{delays}: the parent id was changed on the way, the trace id was kept; a proxy that opens spans does this"
            ),
            Self::Declares { replica, declared } => format!(
                "{delays} fit another claim: replica {replica} declares {declared}; the claim is {claim}"
            ),
            Self::Unexplained { replica } => format!(
                "{delays} do not fit the claim {claim}: replica {replica} draws from another delay or seed"
            ),
        }
    }
}

/// Replicas whose metrics declare something else, even if none of their answers shows it.
fn other_declarations(evidence: &Evidence) -> Vec<String> {
    if evidence.claim.seed.is_none() {
        return Vec::new();
    }
    let mut found = BTreeMap::new();
    for page in snapshots(&evidence.replicas) {
        if let Some((delay, seed)) = &page.declared
            && !is_claimed(evidence, delay, seed)
        {
            found.insert(&page.instance_id, (delay, seed));
        }
    }
    let claim = evidence.claim.summary();
    let found = found.into_iter();
    found
        .map(|(id, (delay, seed))| {
            format!("replica {id} declares {delay}, seed {seed}; the claim is {claim}")
        })
        .collect()
}

/// Answers without a measurement: rejected for load, or a proxy removed the header.
fn without_timing(evidence: &Evidence) -> Option<String> {
    let mut by_status = BTreeMap::<u16, usize>::new();
    for status in evidence.sent.untimed() {
        *by_status.entry(status).or_default() += 1;
    }
    let words: Vec<_> = by_status
        .iter()
        .map(|(status, times)| format!("{times} with status {status}"))
        .collect();
    (!words.is_empty()).then(|| {
        format!(
            "answers without a complete Server-Timing header: {}; does a proxy remove it, or did the service refuse them?",
            words.join(", ")
        )
    })
}

/// Names a timeout that cut off the long delays.
fn truncated(evidence: &Evidence) -> String {
    let drawn = evidence.sent.failed();
    let drawn = drawn.filter_map(|(_, ids)| evidence.claim.delay_of(ids));
    let cut = drawn.filter(|delay| *delay >= evidence.timeout).count();
    if cut == 0 {
        return String::new();
    }
    format!(
        "; truncated: {} ({:.0} %) drew a delay above --timeout {:?} and got no answer",
        plural(cut, "request"),
        100.0 * cut as f64 / evidence.sent.len() as f64,
        evidence.timeout
    )
}
