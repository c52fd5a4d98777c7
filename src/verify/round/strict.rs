//! What a round of many judges otherwise than a run of its own. Pure.

use super::super::{
    evidence::Evidence,
    hop::{Hop, Verdict},
};

/// Requests without an answer are noticed by nobody else: a run reports them, and a round must not be right. A small sample
/// may have no sampled request by chance, which is nothing to judge.
pub fn strict(mut hop: Hop, evidence: &Evidence) -> Hop {
    let sent = &evidence.sent;
    match hop.id {
        "received" if hop.verdict != Verdict::Fail => {
            let mut failed = sent.failed();
            if let Some((kind, _)) = failed.next() {
                let line = format!(
                    "{} of {} requests were not answered, the first because of: {kind}",
                    failed.count() + 1,
                    sent.len()
                );
                let own = std::mem::replace(&mut hop.summary, line);
                hop.details.insert(0, own);
                hop.verdict = Verdict::Skipped;
                hop.is_unjudged = true;
            }
        }
        "traces" if sent.sampled().is_empty() && sent.answers().next().is_some() => {
            hop.is_unjudged = false;
        }
        _ => {}
    }
    hop
}
