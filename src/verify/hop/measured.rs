//! drawn -> measured: how far the measured total is above the drawn delay: the error of the service's clock.

use std::time::Duration;

use super::judgement::{Hop, Verdict};
use crate::verify::{
    evidence::Evidence,
    model::statistics::{Spread, difference, millis_text},
};

const NAME: &str = "drawn -> measured";
/// The limit above which there is a warning: a busy machine is not a fault of the service.
const USUAL: Duration = Duration::from_millis(5);

pub fn judge(evidence: &Evidence) -> Hop {
    let late = evidence.sent.sorted(|it| difference(it.total, it.drawn));
    let Some(spread) = Spread::of(&late) else {
        return Hop::skipped(NAME, "no answer has a complete Server-Timing header");
    };
    let given = evidence.limits.max_clock_error;
    let limit = given.unwrap_or(USUAL).as_secs_f64();
    let too_large = (spread.p99 > limit).then(|| {
        format!(
            "the clock error is too large: {spread}; p99 may be at most {} (--max-clock-error)",
            millis_text(limit)
        )
    });
    let (mut wrong, warning) = match given {
        Some(_) => (Vec::from_iter(too_large), None),
        None => (Vec::new(), too_large),
    };
    if spread.min < 0.0 {
        wrong.push(format!(
            "an answer was built {} before its delay was over",
            millis_text(-spread.min)
        ));
    }
    let hop = Hop::judged(NAME, wrong, format!("clock error: {spread}"));
    match warning {
        Some(warning) if hop.verdict == Verdict::Pass => {
            Hop::warning(NAME, warning + "; is the machine busy?")
        }
        _ => hop,
    }
}
