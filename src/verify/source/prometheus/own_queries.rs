//! Asks the user's own queries after a run: finds the recording rules in them, and waits until these have seen the run.

use std::time::Duration;

use serde::Deserialize;

use super::{
    api::{Prometheus, PrometheusError},
    queries::Queries,
    timekeeper::latest,
};
use crate::{
    contract::{Metric, Step, names::label},
    verify::{
        model::{
            expression::Expression,
            labels::{Labels, RULE},
            own_query::{OwnAnswer, OwnQuery, Rule},
            rate::PREVIOUS_MS,
        },
        source::wait,
    },
};

/// Raw samples are asked for as far back as this, at most.
const LONGEST_RANGE: Duration = Duration::from_hours(1);

#[derive(Deserialize)]
struct Groups {
    groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    #[serde(default)]
    interval: f64,
    rules: Vec<AnsweredRule>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AnsweredRule {
    name: String,
    query: String,
    #[serde(default)]
    last_error: String,
}

/// Asks each query at the end of the run, `to`, a scrape that can be queried by now; one with recording rules as soon as these
/// were evaluated since, for which this waits as long as for a scrape, and at least for two evaluations.
pub async fn ask(
    queries: &mut Queries<'_>,
    own: &[OwnQuery],
    to: i64,
    waited: Duration,
) -> Result<Vec<OwnAnswer>, PrometheusError> {
    let mut answers = Vec::new();
    if own.is_empty() {
        return Ok(answers);
    }
    // A server without rules may have no such API.
    let known = rules(&queries.prometheus).await.unwrap_or_default();
    // An evaluation between that scrape and now may have been too early to see it.
    let seen = latest(queries.clock.now().await?).max(to);
    for query in own {
        answers.push(answer(queries, query, &known, (to, seen), waited).await?);
    }
    Ok(answers)
}

/// The recording rules that these queries name.
pub async fn named(prometheus: &Prometheus, own: &[OwnQuery]) -> Vec<Rule> {
    if own.is_empty() {
        return Vec::new();
    }
    let known = rules(prometheus).await.unwrap_or_default().into_iter();
    let is_named = |rule: &Rule| {
        let mut own = own.iter();
        own.any(|query| query.expression.has_name(&rule.name))
    };
    known.filter(is_named).collect()
}

/// The longest interval of these rules; zero without any.
pub async fn rule_interval(prometheus: &Prometheus, own: &[OwnQuery]) -> Duration {
    let named = named(prometheus, own).await.into_iter();
    named.map(|rule| rule.interval).max().unwrap_or_default()
}

/// How long a rule is waited for after the scrapes: its interval may have just begun.
#[must_use]
pub fn rule_wait(interval: Duration) -> Duration {
    2 * interval + Duration::from_secs(5)
}

async fn answer(
    queries: &mut Queries<'_>,
    query: &OwnQuery,
    known: &[Rule],
    (to, seen): (i64, i64),
    waited: Duration,
) -> Result<OwnAnswer, PrometheusError> {
    let rules = used(&query.expression, known);
    let direct = rules
        .iter()
        .filter(|rule| query.expression.has_name(&rule.name));
    let mut at = to;
    for rule in direct {
        let labels = Labels::from([(RULE.to_owned(), rule.name.clone())]);
        if !queries.rules.contains(&rule.name) {
            queries.rules.push(rule.name.clone());
        }
        let enough = waited.max(rule_wait(rule.interval));
        let what = format!("{} to be evaluated after the run", rule.name);
        let evaluated = wait::until(&what, enough, async || {
            queries.note_rules().await;
            let last = queries.rule_sightings.last(&labels);
            last.filter(|evaluated| *evaluated > seen)
        });
        at = at.max(evaluated.await.unwrap_or_default());
    }
    let prometheus = &queries.prometheus;
    let samples = match prometheus
        .deduplicated()
        .vector_at(&query.expression.text, at)
        .await
    {
        Ok(samples) => Ok(samples),
        Err(PrometheusError::Refused { reason, .. }) => Err(reason),
        Err(PrometheusError::Answer { reason, .. }) => Err(reason.to_owned()),
        Err(error) => return Err(error),
    };
    let mut answer = OwnAnswer {
        query: query.clone(),
        rules,
        samples,
        at,
        formula: queries.store().formula(),
        raw: Vec::new(),
    };
    if let Some((_, range)) = answer.ranges() {
        let buckets = queries.names.bucket(Metric::ExecutionLatency);
        let (step, total) = (label::STEP, Step::Total.as_str());
        let lookback = range.min(LONGEST_RANGE).as_millis();
        let since = prometheus.now().await?.saturating_sub(at).max(0) + PREVIOUS_MS;
        let millis = lookback.saturating_add(u128::from(since.unsigned_abs()));
        let selector = format!("{buckets}{{{step}=\"{total}\"}}[{millis}ms]");
        answer.raw = prometheus.raw(&selector).await?;
    }
    Ok(answer)
}

async fn rules(prometheus: &Prometheus) -> Result<Vec<Rule>, PrometheusError> {
    let parameters = [("type", "record".to_owned())];
    let all: Groups = prometheus
        .ask("rules", "/api/v1/rules", &parameters)
        .await?;
    let rules = all.groups.into_iter().flat_map(|group| {
        let interval = Duration::try_from_secs_f64(group.interval).unwrap_or_default();
        group.rules.into_iter().filter_map(move |rule| {
            Some(Rule {
                name: rule.name,
                expression: rule.query.parse().ok()?,
                interval,
                last_error: rule.last_error,
            })
        })
    });
    Ok(rules.collect())
}

/// The rules that an expression names, and those that these name.
fn used(expression: &Expression, known: &[Rule]) -> Vec<Rule> {
    let mut found: Vec<Rule> = Vec::new();
    let mut open = vec![expression];
    while let Some(expression) = open.pop() {
        for rule in known.iter().filter(|rule| expression.has_name(&rule.name)) {
            if !found.contains(rule) {
                found.push(rule.clone());
                open.push(&rule.expression);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_followed_and_circles_end() {
        let rule = |name: &str, text: &str| Rule {
            name: name.to_owned(),
            expression: text.parse().unwrap(),
            interval: Duration::from_secs(15),
            last_error: String::new(),
        };
        let known = [
            rule("a:p99", "max(b:p99)"),
            rule(
                "b:p99",
                "histogram_quantile(0.99, rate(x_bucket[5m])) + c:p99",
            ),
            rule("c:p99", "a:p99"),
            rule("d:p99", "up"),
        ];
        let used = used(&"a:p99 * 1000".parse().unwrap(), &known);
        let names: Vec<_> = used.iter().map(|rule| rule.name.as_str()).collect();
        assert_eq!(names, ["a:p99", "b:p99", "c:p99"]);
    }
}
