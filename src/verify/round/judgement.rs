//! How a hop of a round was judged: what a restart or a changed claim explains is not judged. Pure.

use super::super::hop::{Hop, Verdict};

/// How a hop, or a whole round, was judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Judgement {
    /// As it should be.
    Pass,
    /// As it should be, and something is worth knowing.
    Warn,
    /// Not judged: there is nothing to judge, or a restart or a changed claim explains what is missing.
    Skipped,
    /// A source did not answer, or did not answer enough for a verdict.
    Unreachable,
    /// Something is wrong.
    Fail,
}

/// A hop of a round.
#[derive(Clone, Debug, PartialEq)]
pub struct JudgedHop {
    /// One of [`hop_ids`](super::hop_ids).
    pub id: &'static str,
    /// How it was judged.
    pub judgement: Judgement,
    /// Why; the first line says the most.
    pub lines: Vec<String>,
    /// Whether it was not judged because of a restart or a changed claim.
    pub is_explained: bool,
}

impl Judgement {
    /// Every judgement.
    pub const ALL: [Self; 5] = [
        Self::Pass,
        Self::Warn,
        Self::Skipped,
        Self::Unreachable,
        Self::Fail,
    ];

    /// As in labels.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Warn => "warn",
            Self::Skipped => "skipped",
            Self::Unreachable => "unreachable",
            Self::Fail => "fail",
        }
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_good(self) -> bool {
        matches!(self, Self::Pass | Self::Warn)
    }
}

/// The judgement of a hop; what is explained by a changed claim or by a restart is not judged.
pub fn judged(hop: Hop, closed: Option<&str>, restarts: &[&str]) -> JudgedHop {
    let judgement = match hop.verdict {
        Verdict::Fail => Judgement::Fail,
        _ if hop.is_unreachable || hop.is_unjudged => Judgement::Unreachable,
        Verdict::Skipped => Judgement::Skipped,
        Verdict::Warn => Judgement::Warn,
        Verdict::Pass => Judgement::Pass,
    };
    let is_missing = judgement == Judgement::Fail || hop.is_unjudged;
    let reasons: Vec<_> = match closed {
        Some(reason) => vec![reason],
        None if is_missing => restarts.to_vec(),
        None => Vec::new(),
    };
    let is_explained = !reasons.is_empty();
    let reasons = reasons.into_iter().map(str::to_owned);
    let own = std::iter::once(hop.summary).chain(hop.details);
    JudgedHop {
        id: hop.id,
        judgement: if is_explained {
            Judgement::Skipped
        } else {
            judgement
        },
        lines: reasons.chain(own).collect(),
        is_explained,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hop(verdict: Verdict) -> Hop {
        Hop {
            id: "traces",
            name: "span -> Jaeger",
            verdict,
            summary: "summary".to_owned(),
            details: vec!["detail".to_owned()],
            is_unreachable: false,
            is_unjudged: false,
            is_absent: false,
        }
    }

    fn judgement(hop: Hop, closed: Option<&str>, restarts: &[&str]) -> (Judgement, usize) {
        let judged = judged(hop, closed, restarts);
        (judged.judgement, judged.lines.len())
    }

    #[test]
    fn a_restart_explains_what_is_missing_and_nothing_else() {
        let restarts = ["one", "two"];
        let of = |hop| judgement(hop, None, &restarts);
        assert_eq!(of(hop(Verdict::Pass)), (Judgement::Pass, 2));
        assert_eq!(of(hop(Verdict::Warn)), (Judgement::Warn, 2));
        assert_eq!(of(hop(Verdict::Fail)), (Judgement::Skipped, 4));
        let unjudged = Hop {
            is_unjudged: true,
            ..hop(Verdict::Skipped)
        };
        assert_eq!(of(unjudged.clone()), (Judgement::Skipped, 4));
        let (found, _) = judgement(unjudged, None, &[]);
        assert_eq!(found, Judgement::Unreachable);
        // A source that does not answer is gone, whatever was restarted.
        let unreachable = Hop {
            is_unreachable: true,
            ..hop(Verdict::Skipped)
        };
        assert_eq!(of(unreachable), (Judgement::Unreachable, 2));
    }

    #[test]
    fn a_changed_claim_closes_every_hop_with_one_reason() {
        for verdict in [Verdict::Pass, Verdict::Warn, Verdict::Fail] {
            let (found, lines) = judgement(hop(verdict), Some("changed"), &["restarted"]);
            assert_eq!((found, lines), (Judgement::Skipped, 3));
        }
    }
}
