//! drawn -> measured: how far the measured total is above the drawn delay; the error of the service's clock.

use super::Hop;
use crate::verify::{
    check::{Spread, difference, milliseconds},
    evidence::Evidence,
};

const NAME: &str = "drawn -> measured";

pub(super) fn judge(evidence: &Evidence) -> Hop {
    let above = evidence
        .answers()
        .map(|answer| difference(answer.total, answer.drawn));
    let Some(spread) = Spread::of(above.collect()) else {
        return Hop::skipped(NAME, "no answer says what it measured");
    };
    let most = evidence.limits.max_clock_error.as_secs_f64();
    let mut wrong = Vec::new();
    if spread.p99 > most {
        wrong.push(format!(
            "the clock's error is too large: {spread}; p99 may be {} (--max-clock-error)",
            milliseconds(most)
        ));
    }
    if spread.min < 0.0 {
        wrong.push(format!(
            "an answer came {} before its delay was over",
            milliseconds(-spread.min)
        ));
    }
    Hop::judged(NAME, wrong, format!("the clock's error: {spread}"))
}
