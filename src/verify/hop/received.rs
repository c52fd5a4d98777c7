//! measured -> received: the time on the network and in proxies: the client's own time minus the measured total.

use super::judgement::Hop;
use crate::verify::{
    evidence::Evidence,
    model::statistics::{Spread, difference, millis_text},
};

const NAME: &str = "measured -> received";

pub fn judge(evidence: &Evidence) -> Hop {
    let times = evidence
        .sent
        .sorted(|answer| difference(answer.service_time, answer.total));
    let Some(spread) = Spread::of(&times) else {
        return Hop::skipped(NAME, "no answer has a complete Server-Timing header");
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
    Hop::judged(NAME, wrong, format!("time on the network: {spread}"))
}
