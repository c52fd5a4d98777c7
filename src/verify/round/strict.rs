//! What a round of many judges otherwise than a run of its own. Pure.

use super::super::{
    evidence::Evidence,
    hop::{Hop, Verdict},
};

/// Requests without an answer are a warning in the report of a run; a round with them is not right. A small sample may have no
/// sampled request by chance, which is nothing to judge.
pub fn strict(mut hop: Hop, evidence: &Evidence) -> Hop {
    let sent = &evidence.sent;
    match hop.id {
        "received" if hop.verdict != Verdict::Fail && sent.failed().next().is_some() => {
            hop.verdict = Verdict::Skipped;
            hop.is_unjudged = true;
        }
        "traces" if sent.sampled().is_empty() && sent.answers().next().is_some() => {
            hop.is_unjudged = false;
        }
        _ => {}
    }
    hop
}
