//! What an expression of `PromQL` names, as far as its words tell: metrics and rules, ranges, and averages of percentiles.

mod words;

use std::{str::FromStr, time::Duration};

use words::{Word, words};

/// The function whose results must not be averaged.
const QUANTILE: &str = "histogram_quantile";
/// The aggregations and functions that give a mean.
const MEANS: [&str; 2] = ["avg", "avg_over_time"];
const UNITS: [(&str, u64); 7] = [
    ("ms", 1),
    ("y", 31_536_000_000),
    ("w", 604_800_000),
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1000),
];

/// An expression without `Grafana`'s variables, taken apart into words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expression {
    pub text: String,
    words: Vec<Word>,
}

impl FromStr for Expression {
    type Err = String;

    fn from_str(given: &str) -> Result<Self, String> {
        let text = given.trim().to_owned();
        if text.is_empty() {
            return Err("the query is empty".to_owned());
        }
        if let Some(at) = text.find('$') {
            let rest: String = text[at..].chars().take(20).collect();
            return Err(format!(
                "`{rest}` is a variable of a dashboard: write its value instead, such as 5m for $__rate_interval"
            ));
        }
        let words = words(&text)?;
        Ok(Self { text, words })
    }
}

impl Expression {
    /// Names of metrics, recording rules, functions and labels.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.words.iter().filter_map(Word::name)
    }

    /// Whether it names the buckets of a classic histogram.
    pub fn has_name(&self, name: &str) -> bool {
        let mut matchers = self.words.iter().filter_map(|word| match word {
            Word::Matchers(text) => Some(text),
            _ => None,
        });
        self.names().any(|known| known == name) || matchers.any(|text| text.contains(name))
    }

    /// The ranges of its selectors, such as 5 minutes for `[5m]`; those of subqueries without their resolution.
    pub fn ranges(&self) -> impl Iterator<Item = Duration> {
        self.words.iter().filter_map(|word| match word {
            Word::Range(text) => duration(text.split(':').next()?),
            _ => None,
        })
    }

    /// Whether it averages percentiles: `is_percentile` tells of which rules the values are percentiles.
    pub fn averages_percentiles(&self, is_percentile: impl Fn(&str) -> bool) -> bool {
        let mut places = self.words.iter().enumerate();
        places.any(|(at, word)| {
            let is_mean = word.name().is_some_and(|name| MEANS.contains(&name));
            is_mean
                && self.argument(at + 1).iter().any(|word| {
                    let name = word.name();
                    name.is_some_and(|name| name == QUANTILE || is_percentile(name))
                })
        })
    }

    /// Whether its values are percentiles, or a function of some.
    pub fn has_quantile(&self) -> bool {
        self.has_name(QUANTILE)
    }

    /// The words in the parentheses after a function or an aggregation, whose `by (...)` comes first or last.
    fn argument(&self, from: usize) -> &[Word] {
        let rest = self.words.get(from..).unwrap_or_default();
        let groups = ["by", "without"];
        let is_grouped = rest
            .first()
            .and_then(Word::name)
            .is_some_and(|name| groups.contains(&name));
        let parenthesis = |from: usize| {
            let mut depth = 0;
            let end = rest[from..].iter().position(|word| {
                match word {
                    Word::Open => depth += 1,
                    Word::Close => depth -= 1,
                    _ => {}
                }
                depth <= 0
            });
            from..end.map_or(rest.len(), |end| from + end)
        };
        let first = parenthesis(usize::from(is_grouped).min(rest.len()));
        if is_grouped {
            let next = (first.end + 1).min(rest.len());
            &rest[parenthesis(next)]
        } else {
            &rest[first]
        }
    }
}

/// A duration of `PromQL`, such as `1h30m`, or a number of seconds.
pub fn duration(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    if let Ok(seconds) = rest.parse() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let mut millis = 0_u64;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit())?;
        let number: u64 = rest[..end].parse().ok()?;
        let (unit, factor) = UNITS
            .iter()
            .find(|(unit, _)| rest[end..].starts_with(unit))?;
        millis = millis.checked_add(number.checked_mul(*factor)?)?;
        rest = &rest[end + unit.len()..];
    }
    (millis > 0).then(|| Duration::from_millis(millis))
}

#[cfg(test)]
mod tests;
