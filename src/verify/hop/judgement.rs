//! The verdict of a hop and its wording.

use std::{collections::BTreeMap, fmt};

use serde::Serialize;

use crate::verify::model::{finding::Finding, histogram::Difference};

/// Most differences that are listed.
const MAX_LISTED: usize = 6;

/// The verdict of a hop or of the whole run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Verdict {
    Pass,
    Warn,
    Skipped,
    Fail,
}

/// The result of one hop.
#[derive(Clone, Debug, Serialize)]
pub struct Hop {
    /// A short name, for programs.
    pub id: &'static str,
    pub name: &'static str,
    pub verdict: Verdict,
    #[serde(rename = "says")]
    pub summary: String,
    /// Further lines.
    #[serde(rename = "more")]
    pub details: Vec<String>,
    /// Whether a source could not be asked.
    #[serde(rename = "unreachable")]
    pub is_unreachable: bool,
    /// Whether it was asked for, and what the source returned is not enough for a verdict.
    #[serde(rename = "unjudged")]
    pub is_unjudged: bool,
    /// Whether there is nothing to judge: not a failure, even with `--require-all`.
    #[serde(skip)]
    pub is_absent: bool,
}

impl Hop {
    fn new(name: &'static str, verdict: Verdict, summary: impl Into<String>) -> Self {
        Self {
            id: "",
            name,
            verdict,
            summary: summary.into(),
            details: Vec::new(),
            is_unreachable: false,
            is_unjudged: false,
            is_absent: false,
        }
    }

    /// Skipped though it was asked for: the first line says why, and what would help.
    pub fn unjudged(name: &'static str, reasons: impl IntoIterator<Item = String>) -> Self {
        let mut reasons = reasons.into_iter();
        Self {
            is_unjudged: true,
            ..Self::skipped(name, &reasons.next().unwrap_or_default())
        }
        .with(reasons)
    }

    /// Skipped because Prometheus or the service does not have what is judged; this is never a failure.
    pub fn absent(name: &'static str, reason: &str) -> Self {
        Self {
            is_absent: true,
            ..Self::skipped(name, reason)
        }
    }

    pub fn skipped(name: &'static str, reason: &str) -> Self {
        Self::new(name, Verdict::Skipped, reason)
    }

    /// The judgement of what a source returned; skipped where it returned nothing.
    pub fn of<T>(name: &'static str, finding: &Finding<T>, judge: impl FnOnce(&T) -> Self) -> Self {
        match finding {
            Finding::Found(it) => judge(it),
            Finding::Skipped(reason) => Self::skipped(name, reason),
            Finding::Unreachable(reason) => Self {
                is_unreachable: true,
                ..Self::skipped(name, &format!("could not be checked: {reason}"))
            },
        }
    }

    /// Fails where something is wrong, and the first line says what; otherwise passes with the line `good`.
    pub fn judged(name: &'static str, wrong: Vec<String>, good: impl Into<String>) -> Self {
        let mut wrong = wrong.into_iter();
        match wrong.next() {
            Some(first) => Self {
                details: wrong.collect(),
                ..Self::new(name, Verdict::Fail, first)
            },
            None => Self::new(name, Verdict::Pass, good),
        }
    }

    /// Nothing failed, but this is worth knowing.
    pub fn warning(name: &'static str, summary: impl Into<String>) -> Self {
        Self::new(name, Verdict::Warn, summary)
    }

    /// Warns where there are warnings, unless it failed.
    pub fn warned(mut self, warnings: impl IntoIterator<Item = String>) -> Self {
        let before = self.details.len();
        self.details.extend(warnings);
        if self.details.len() > before && self.verdict == Verdict::Pass {
            self.verdict = Verdict::Warn;
        }
        self
    }

    pub fn with(mut self, details: impl IntoIterator<Item = String>) -> Self {
        self.details.extend(details);
        self
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Pass => "PASS",
            Self::Warn => "WARN",
            Self::Skipped => "SKIPPED",
            Self::Fail => "FAIL",
        })
    }
}

/// `1 request`, `2 requests`.
pub fn plural(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// `2 connect, 1 reset`: how many of each kind.
pub fn kinds(counts: &BTreeMap<&str, usize>) -> String {
    let each = counts.iter().map(|(kind, count)| format!("{count} {kind}"));
    each.collect::<Vec<_>>().join(", ")
}

/// The first lines, and how many more there are.
pub fn first(mut lines: Vec<String>) -> Vec<String> {
    let more = lines.len().saturating_sub(MAX_LISTED);
    lines.truncate(MAX_LISTED);
    lines.extend((more > 0).then(|| format!("and {more} more")));
    lines
}

/// The first differences, one in each line.
pub fn list_differences(found: &[Difference], source: &str) -> Vec<String> {
    let number = |value: Option<f64>| value.map_or("none".to_owned(), |value| value.to_string());
    let line = |difference: &Difference| {
        let (expected, observed) = (number(difference.expected), number(difference.observed));
        let of = &difference.of;
        format!("{of}: expected {expected} ({source}), found {observed}")
    };
    first(found.iter().map(line).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_differences_the_first_are_listed_and_the_rest_is_counted() {
        let difference = |n: u32| Difference {
            of: format!("bucket {n}"),
            expected: Some(1.0),
            observed: None,
        };
        let listed = |count| list_differences(&(0..count).map(difference).collect::<Vec<_>>(), "x");
        assert_eq!(listed(1), ["bucket 0: expected 1 (x), found none"]);
        assert_eq!(listed(6).len(), 6);
        assert_eq!(listed(8).len(), 7);
        assert_eq!(listed(8)[6], "and 2 more");
    }
}
