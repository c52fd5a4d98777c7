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

    fn judge(hop: Hop, closed: Option<&str>, restarts: &[&str]) -> (Judgement, String) {
        let JudgedHop {
            judgement, lines, ..
        } = judged(hop, closed, restarts);
        (judgement, lines.join("; "))
    }

    #[test]
    fn a_restart_explains_what_is_missing_and_nothing_else() {
        let fail = || Hop::judged("x", vec!["9 are missing".to_owned()], "");
        let unjudged = || Hop::unjudged("x", ["none is there".to_owned()]);
        let pass = || Hop::judged("x", Vec::new(), "all are there");
        let restart = &["it was restarted"][..];
        for (hop, restarts, judgement, text) in [
            (fail(), &[][..], Judgement::Fail, "9 are missing"),
            (
                fail(),
                restart,
                Judgement::Skipped,
                "it was restarted; 9 are missing",
            ),
            (unjudged(), &[], Judgement::Unreachable, "none is there"),
            (
                unjudged(),
                restart,
                Judgement::Skipped,
                "it was restarted; none is there",
            ),
            (pass(), restart, Judgement::Pass, "all are there"),
            (
                pass().warned(["but".to_owned()]),
                restart,
                Judgement::Warn,
                "all are there; but",
            ),
        ] {
            assert_eq!(judge(hop, None, restarts), (judgement, text.to_owned()));
        }
        let closed = judge(pass(), Some("the seed changed"), &[]);
        let text = "the seed changed; all are there";
        assert_eq!(closed, (Judgement::Skipped, text.to_owned()));
    }
}
