//! measured -> received: the time on the network and in proxies: the client's own time minus the measured total.

use super::judgement::{Hop, kinds};
use crate::verify::{
    evidence::Evidence,
    model::statistics::{Spread, difference, millis_text},
};

const NAME: &str = "measured -> received";

pub fn judge(evidence: &Evidence) -> Hop {
    let times = evidence
        .sent
        .sorted(|answer| difference(answer.service_time, answer.total));
    let unanswered = unanswered(evidence);
    let Some(spread) = Spread::of(&times) else {
        let none = "no answer has a complete Server-Timing header";
        return Hop::skipped(NAME, unanswered.as_deref().unwrap_or(none));
    };
    let mut wrong = Vec::new();
    if let Some(limit) = evidence.limits.max_wire
        && spread.p99 > limit.as_secs_f64()
    {
        wrong.push(format!(
            "the time on the network is too long: {spread}; p99 may be at most {} (--max-wire)",
            millis_text(limit.as_secs_f64())
        ));
    }
    let time = format!("time on the network: {spread}");
    match unanswered {
        Some(line) if wrong.is_empty() => Hop::warning(NAME, line).with([time]),
        unanswered => Hop::judged(NAME, wrong, time).with(unanswered),
    }
}

/// Requests without an answer, and why.
fn unanswered(evidence: &Evidence) -> Option<String> {
    let failed = evidence.sent.failed_by_kind();
    let count: usize = failed.values().sum();
    (count > 0).then(|| {
        format!(
            "{count} of {} requests were not answered ({})",
            evidence.sent.len(),
            kinds(&failed)
        )
    })
}
