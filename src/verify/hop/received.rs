//! measured -> received: what the wire, and whatever stands in between, adds to the measured total.

use super::Hop;
use crate::verify::{
    check::{Spread, difference, milliseconds},
    evidence::Evidence,
};

const NAME: &str = "measured -> received";

pub(super) fn judge(evidence: &Evidence) -> Hop {
    let share = evidence
        .answers()
        .map(|answer| difference(answer.sent.service_time(), answer.total));
    let Some(spread) = Spread::of(share.collect()) else {
        return Hop::skipped(NAME, "no answer says what it measured");
    };
    let mut wrong = Vec::new();
    if let Some(most) = evidence.limits.max_wire
        && spread.p99 > most.as_secs_f64()
    {
        wrong.push(format!(
            "the wire's share is too large: {spread}; p99 may be {} (--max-wire)",
            milliseconds(most.as_secs_f64())
        ));
    }
    Hop::judged(NAME, wrong, format!("the wire's share: {spread}"))
}
