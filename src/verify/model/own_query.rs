//! A query of the user's own for a percentile: as given, the recording rules in it, and what Prometheus returned.

use std::{str::FromStr, time::Duration};

use super::{
    expression::Expression,
    labels::Labels,
    rate::{Formula, Range, by_le},
    series::Series,
};

/// `p99=PROMQL`.
#[derive(Clone, Debug, PartialEq)]
pub struct OwnQuery {
    /// The probability, above 0 and below 1.
    pub q: f64,
    pub expression: Expression,
}

/// A recording rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    pub name: String,
    pub expression: Expression,
    /// How often it is evaluated.
    pub interval: Duration,
    /// Why its last evaluation failed; empty where it did not.
    pub last_error: String,
}

/// What Prometheus returned for a query.
#[derive(Clone, Debug)]
pub struct OwnAnswer {
    pub query: OwnQuery,
    /// The recording rules that the query uses, and those that these use.
    pub rules: Vec<Rule>,
    /// The samples, or why there are none.
    pub samples: Result<Vec<(Labels, f64)>, String>,
    /// When it was evaluated, in milliseconds; a rule, when its value was recorded.
    pub at: i64,
    /// How its store computes a rate.
    pub formula: Formula,
    /// Raw samples of the buckets of the measured totals, as far back as the ranges of the query reach.
    pub raw: Vec<Series>,
}

impl OwnQuery {
    /// As in `p99`.
    pub fn name(&self) -> String {
        format!("p{}", (self.q * 1e8).round() / 1e6)
    }
}

impl FromStr for OwnQuery {
    type Err = String;

    fn from_str(given: &str) -> Result<Self, String> {
        let example = "expected a percentile and a query, such as 'p99=job:latency:p99_5m'";
        let (name, query) = given.split_once('=').ok_or(example)?;
        let percent = name.trim().strip_prefix('p').ok_or(example)?;
        let percent: f64 = percent.parse().map_err(|_| example)?;
        if !(percent > 0.0 && percent < 100.0) {
            return Err(format!(
                "p{percent} is not a percentile: expected one from p0 to p100"
            ));
        }
        Ok(Self {
            q: percent / 100.0,
            expression: query.parse()?,
        })
    }
}

impl OwnAnswer {
    /// The query itself, and the expressions of the rules in it.
    pub fn expressions(&self) -> impl Iterator<Item = &Expression> {
        let rules = self.rules.iter().map(|rule| &rule.expression);
        std::iter::once(&self.query.expression).chain(rules)
    }

    /// The shortest and the longest range.
    pub fn ranges(&self) -> Option<(Duration, Duration)> {
        let ranges = || self.expressions().flat_map(Expression::ranges);
        Some((ranges().min()?, ranges().max()?))
    }

    /// Whether percentiles are averaged.
    pub fn averages_percentiles(&self) -> bool {
        let mut all = self.expressions();
        all.any(|expression| {
            expression.averages_percentiles(|name| {
                let mut rules = self.rules.iter();
                rules.any(|rule| rule.name == name && rule.expression.has_quantile())
            })
        })
    }

    /// What `histogram_quantile` gives for the raw samples of these series over the range of the query, where it has one
    /// range only: the least and the greatest value where the rank is met exactly.
    pub fn expected(&self, is_own: impl Fn(&Series) -> bool) -> Option<(f64, f64)> {
        let (shortest, range) = self.ranges()?;
        if shortest != range {
            return None;
        }
        let from = self.at - i64::try_from(range.as_millis()).ok()?;
        let own = self.raw.iter().filter(|series| is_own(series));
        let rates = by_le(own, Range { from, to: self.at }, self.formula);
        let at = |q: f64| rates.quantile(q);
        let edge = super::quantile_query::RANK_EPSILON;
        Some((at(self.query.q - edge), at(self.query.q + edge)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_has_the_name_of_its_percentile() {
        for (given, q, name) in [
            ("p99=a", 0.99, "p99"),
            (" p99.9 = a:b == 1", 0.999, "p99.9"),
            ("p50=x{a=\"b\"}", 0.5, "p50"),
        ] {
            let query: OwnQuery = given.parse().unwrap();
            assert!((query.q - q).abs() < 1e-12, "{given}");
            assert_eq!(query.name(), name);
        }
        for bad in [
            "", "p99", "99=a", "p=a", "p0=a", "p100=a", "pNaN=a", "p99=", "mean=a",
        ] {
            assert!(bad.parse::<OwnQuery>().is_err(), "{bad}");
        }
    }
}
