//! One file a hop: each judges what was gathered, and words it. A new hop is a file and a line in [`ALL`].

mod drawn;
mod ledger;
mod measured;
mod metrics;
mod percentile;
mod received;
mod scraped;
mod span;

use serde::Serialize;

use super::{check::Verdict, evidence::Evidence};

/// Every hop, in the order of the data.
const ALL: [fn(&Evidence) -> Hop; 8] = [
    drawn::judge,
    measured::judge,
    received::judge,
    metrics::judge,
    scraped::judge,
    percentile::judge,
    span::judge,
    ledger::judge,
];

/// What became of one hop.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Hop {
    pub(super) name: &'static str,
    pub(super) verdict: Verdict,
    /// The line.
    pub(super) says: String,
    /// What else there is to say, a line each.
    pub(super) more: Vec<String>,
    /// Whether somebody could not be reached.
    #[serde(rename = "unreachable")]
    pub(super) is_unreachable: bool,
}

impl Hop {
    fn new(name: &'static str, verdict: Verdict, says: impl Into<String>) -> Self {
        Self {
            name,
            verdict,
            says: says.into(),
            more: Vec::new(),
            is_unreachable: false,
        }
    }

    fn skipped(name: &'static str, reason: &str) -> Self {
        Self::new(name, Verdict::Skipped, reason)
    }

    fn unreachable(name: &'static str, reason: &str) -> Self {
        Self {
            is_unreachable: true,
            ..Self::new(
                name,
                Verdict::Skipped,
                format!("could not be reached: {reason}"),
            )
        }
    }

    /// A failure where something is wrong, in the words of the first thing; else what is said of a good end.
    fn judged(name: &'static str, wrong: Vec<String>, good: impl Into<String>) -> Self {
        let mut wrong = wrong.into_iter();
        match wrong.next() {
            Some(first) => Self {
                more: wrong.collect(),
                ..Self::new(name, Verdict::Fail, first)
            },
            None => Self::new(name, Verdict::Pass, good),
        }
    }

    fn with(mut self, more: impl IntoIterator<Item = String>) -> Self {
        self.more.extend(more);
        self
    }
}

/// Judges every hop.
pub(super) fn judge(evidence: &Evidence) -> Vec<Hop> {
    ALL.iter().map(|judge| judge(evidence)).collect()
}

/// `1 request`, `2 requests`.
fn many(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
