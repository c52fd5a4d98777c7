//! own query -> percentile: a query of the user's own, such as a recording rule or that of a panel, against the formula on
//! the raw samples of its range, or against what chance allows, and beside the exact percentile.

use serde::Serialize;

use super::{
    coverage::Coverage,
    judgement::{Hop, Verdict, plural},
    percentile::{REL_TOLERANCE_WINDOW, chance_interval, longest_interval},
};
use crate::{
    contract::Metric,
    verify::{
        evidence::Evidence,
        model::{
            form::Form, labels::label_text, own_query::OwnAnswer, scrapes::Scrapes, series::Series,
            statistics::Tolerance,
        },
    },
};

const NAME: &str = "own query -> percentile";

pub fn judge(evidence: &Evidence) -> Hop {
    Hop::of(NAME, &evidence.scrapes, |scrapes| {
        let obstacles = Coverage::of(evidence, scrapes).obstacles;
        if !obstacles.is_empty() {
            return Hop::unjudged(NAME, obstacles);
        }
        let (mut wrong, mut good, mut warnings) = (Vec::new(), Vec::new(), Vec::new());
        for answer in &scrapes.own_queries {
            let judged = Judged {
                evidence,
                scrapes,
                answer,
            };
            match judged.value().and_then(|value| judged.compare(value)) {
                Ok(line) => good.push(line),
                Err(line) => wrong.push(line),
            }
            warnings.extend(judged.warnings());
        }
        if !wrong.is_empty() {
            let details: Vec<_> = good.into_iter().chain(warnings).collect();
            return Hop::judged(NAME, wrong, "").with(details);
        }
        let mut good = good.into_iter();
        let hop = Hop::judged(NAME, Vec::new(), good.next().unwrap_or_default()).with(good);
        hop.warned(warnings)
    })
}

/// One query, for programs that read the report. Unknown values are left out.
#[derive(Clone, Debug, Serialize)]
pub struct QueryResult {
    percentile: String,
    promql: String,
    /// In seconds, as the query returned it.
    reported: Option<f64>,
    /// In seconds, as the formula gives it for the raw samples.
    formula: Option<f64>,
    /// In seconds, of the declared delay.
    exact: f64,
    /// Reported relative to exact, minus 1.
    error_ratio: Option<f64>,
    verdict: Verdict,
}

/// What each query returned, beside what it should have.
pub fn results(evidence: &Evidence) -> Vec<QueryResult> {
    let Some(scrapes) = evidence.scrapes.found() else {
        return Vec::new();
    };
    let is_covered = Coverage::of(evidence, scrapes).obstacles.is_empty();
    let result = |answer: &OwnAnswer| {
        let judged = Judged {
            evidence,
            scrapes,
            answer,
        };
        let reported = judged.value().ok();
        let q = answer.query.q;
        let exact = evidence.claim.delay.quantile(q).as_secs_f64();
        let is_right = reported.is_some_and(|value| judged.compare(value).is_ok());
        QueryResult {
            percentile: judged.name(),
            promql: answer.query.expression.text.clone(),
            reported,
            formula: judged
                .formula()
                .map(|(low, _)| low)
                .filter(|it| it.is_finite()),
            exact,
            error_ratio: reported
                .map(|value| value / exact - 1.0)
                .filter(|it| it.is_finite()),
            verdict: match (is_covered, is_right) {
                (false, _) => Verdict::Skipped,
                (true, false) => Verdict::Fail,
                (true, true) if judged.warnings().is_empty() => Verdict::Pass,
                (true, true) => Verdict::Warn,
            },
        }
    };
    scrapes.own_queries.iter().map(result).collect()
}

struct Judged<'a> {
    evidence: &'a Evidence,
    scrapes: &'a Scrapes,
    answer: &'a OwnAnswer,
}

impl Judged<'_> {
    fn name(&self) -> String {
        self.answer.query.name()
    }

    /// The one value of the query; what is wrong where it has none.
    fn value(&self) -> Result<f64, String> {
        let name = self.name();
        match self.answer.samples.as_deref() {
            Err(reason) => Err(format!(
                "{name}: Prometheus cannot evaluate the query: {reason}"
            )),
            Ok([]) => Err(format!(
                "{name}: the query returns nothing{}",
                self.why_nothing()
            )),
            Ok([(_, value)]) if value.is_nan() => Err(format!(
                "{name}: the query returns NaN, as for a range without observations{}",
                self.why_nothing()
            )),
            Ok([(_, value)]) => Ok(*value),
            Ok(several @ [(first, _), ..]) => Err(format!(
                "{name}: the query returns {}, such as {{{}}}, and the percentile of a service is one value: sum the rates of the buckets by le first",
                plural(several.len(), "sample"),
                label_text(first)
            )),
        }
    }

    /// Compares a value with what it should be.
    fn compare(&self, value: f64) -> Result<String, String> {
        let (name, q) = (self.name(), self.answer.query.q);
        let exact = self.evidence.claim.delay.quantile(q).as_secs_f64();
        let off = 100.0 * (value / exact - 1.0);
        let said = format!("{name} is {value:.6} s, {off:+.2} % from the exact {exact:.6} s");
        if let Some((low, high)) = self.formula() {
            let range = self
                .answer
                .ranges()
                .map(|(range, _)| range)
                .unwrap_or_default();
            return if is_between(value, low, high) {
                Ok(format!(
                    "{said}; over {range:?} the formula gives {low:.6} s for the raw samples"
                ))
            } else {
                Err(format!(
                    "{said}; but over {range:?} the formula gives {low:.6} s for the raw samples{}",
                    self.beside()
                ))
            };
        }
        let is_classic = self.has_buckets() || self.scrapes.form() == Some(Form::Custom);
        let (low, high) = chance_interval(self.evidence, self.scrapes, q, is_classic);
        let by = if is_classic {
            "histogram_quantile with these buckets"
        } else {
            "a native histogram"
        };
        if is_between(value, low, high) {
            Ok(format!(
                "{said}; by chance {by} gives {low:.6} to {high:.6} s"
            ))
        } else {
            Err(format!(
                "{said}; but by chance {by} gives {low:.6} to {high:.6} s{}",
                self.beside()
            ))
        }
    }

    /// What the formula gives for the targets of the run, or, where the value is that of all, for all.
    fn formula(&self) -> Option<(f64, f64)> {
        if !self.has_buckets() {
            return None;
        }
        let mut targets = self.scrapes.targets.iter();
        let own = self
            .answer
            .expected(|series| targets.clone().any(|target| series.is_from(&target.labels)))?;
        let value = self.value().ok();
        let is_other = !self.scrapes.others.is_empty() && targets.next().is_some();
        if let Some(value) = value.filter(|value| is_other && !is_between(*value, own.0, own.1)) {
            let all = self.answer.expected(|_: &Series| true)?;
            if is_between(value, all.0, all.1) {
                return Some(all);
            }
        }
        Some(own)
    }

    fn has_buckets(&self) -> bool {
        let buckets = self.evidence.claim.names.bucket(Metric::ExecutionLatency);
        let mut all = self.answer.expressions();
        all.any(|expression| expression.has_name(&buckets))
    }

    /// Other series that the query may have counted.
    fn beside(&self) -> String {
        match self.scrapes.others.len() {
            0 => String::new(),
            others => format!(
                "; Prometheus has {} beside those of the run: does the query select them, too?",
                plural(others, "target")
            ),
        }
    }

    fn why_nothing(&self) -> String {
        let failed = self
            .answer
            .rules
            .iter()
            .find(|rule| !rule.last_error.is_empty());
        if let Some(rule) = failed {
            return format!(": the rule {} fails: {}", rule.name, rule.last_error);
        }
        self.short_range()
            .map_or_else(String::new, |reason| format!(": {reason}"))
    }

    fn short_range(&self) -> Option<String> {
        let (range, _) = self.answer.ranges()?;
        let interval = longest_interval(self.scrapes);
        (range.as_secs_f64() < 2.0 * interval).then(|| {
            format!(
                "its range of {range:?} is shorter than two scrape intervals of {interval} s, and rate() needs two samples"
            )
        })
    }

    fn warnings(&self) -> Vec<String> {
        let name = self.name();
        let average = self.answer.averages_percentiles().then(|| {
            format!("{name} averages percentiles, and the average of percentiles is not a percentile of all: sum the rates of the buckets by le, then apply histogram_quantile")
        });
        let is_seen = self.value().is_ok();
        let short = self.short_range().filter(|_| is_seen);
        let short = short.map(|reason| format!("{name} is empty now and then: {reason}"));
        average.into_iter().chain(short).collect()
    }
}

/// Samples may be added while the query is evaluated.
fn is_between(value: f64, low: f64, high: f64) -> bool {
    let near = |limit| Tolerance::Relative(REL_TOLERANCE_WINDOW).allows(limit, value);
    (low..=high).contains(&value) || near(low) || near(high)
}
