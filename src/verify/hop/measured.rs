//! drawn -> measured: how far the measured total is above the drawn delay: the error of the service's clock.

use super::judgement::Hop;
use crate::verify::{
    evidence::Evidence,
    model::{
        answers::answers,
        statistics::{Spread, millis_text},
    },
};

const NAME: &str = "drawn -> measured";

pub fn judge(evidence: &Evidence) -> Hop {
    let Some(spread) = Spread::of(answers(&evidence.sent).map(|it| (it.total, it.drawn))) else {
        return Hop::skipped(NAME, "no answer has a complete Server-Timing header");
    };
    let limit = evidence.limits.max_clock_error.as_secs_f64();
    let mut wrong = Vec::new();
    if spread.p99 > limit {
        wrong.push(format!(
            "the clock error is too large: {spread}; p99 may be at most {} (--max-clock-error)",
            millis_text(limit)
        ));
    }
    if spread.min < 0.0 {
        wrong.push(format!(
            "an answer was built {} before its delay was over",
            millis_text(-spread.min)
        ));
    }
    Hop::judged(NAME, wrong, format!("clock error: {spread}"))
}
