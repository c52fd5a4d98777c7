//! The small question that is asked while waiting: when each target was scraped last.

use std::time::Duration;

use super::{answer::instant, api::PrometheusError, queries::Queries};
use crate::{
    contract::{
        Metric, Step,
        names::{TARGET_INFO, label},
    },
    verify::{
        model::{
            labels::{Labels, NAME, RULE},
            promql::{quoted, regex_escaped},
            series::{Point, Series},
        },
        source::clock::unix_millis,
    },
};

/// How often it is asked while something else goes on.
const INTERVAL: Duration = Duration::from_secs(1);

impl Queries<'_> {
    /// The last sample of some series of each target, and of the `target_info` of these replicas; the values are not asked
    /// for.
    pub async fn latest(
        &mut self,
        instance_ids: &[String],
    ) -> Result<Vec<Series>, PrometheusError> {
        let answer = self
            .prometheus
            .vector(&self.latest_query(instance_ids))
            .await?;
        let series = answer.into_iter().map(|(mut labels, seconds)| {
            let name = self.name_of(&labels);
            labels.insert(NAME.to_owned(), name);
            let at = instant(seconds);
            Series {
                labels,
                points: vec![Point { at, value: 0.0 }],
            }
        });
        let latest: Vec<_> = series.collect();
        let own: Vec<_> = self.own(&latest).cloned().collect();
        self.sightings.note(&own, unix_millis());
        Ok(latest)
    }

    /// Asks at an interval, to know when each scrape can be seen; never returns.
    pub async fn watch(&mut self, instance_ids: &[String]) {
        let rest = self.sightings.polls.rest(INTERVAL, unix_millis());
        tokio::time::sleep(rest).await;
        loop {
            let _ = self.latest(instance_ids).await;
            self.note_rules().await;
            tokio::time::sleep(INTERVAL).await;
        }
    }

    /// Asks when the rules were evaluated last.
    pub async fn note_rules(&mut self) {
        let mut latest = Vec::new();
        for rule in &self.rules {
            let promql = format!("min(timestamp({rule}))");
            let evaluated = self.prometheus.vector(&promql).await;
            let evaluated = evaluated.ok().and_then(|mut samples| samples.pop());
            latest.extend(evaluated.map(|(_, seconds)| Series {
                labels: Labels::from([(RULE.to_owned(), rule.clone())]),
                points: vec![Point {
                    at: instant(seconds),
                    value: 0.0,
                }],
            }));
        }
        if !self.rules.is_empty() {
            self.rule_sightings.note(&latest, unix_millis());
        }
    }

    /// `timestamp()` drops the name, so each series is asked for by itself.
    fn latest_query(&self, instance_ids: &[String]) -> String {
        let latency = self.names.family(Metric::ExecutionLatency);
        let accepted = self.names.family(Metric::RequestsAccepted);
        let (step, total) = (label::STEP, Step::Total.as_str());
        let mut all = vec![
            format!("{latency}_count{{{step}=\"{total}\""),
            format!("{latency}{{{step}=\"{total}\""),
            format!("{accepted}{{{step}=\"\""),
        ];
        if !instance_ids.is_empty() {
            let ids: Vec<_> = instance_ids.iter().map(|id| regex_escaped(id)).collect();
            let ids = quoted(&ids.join("|"));
            all.push(format!("{TARGET_INFO}{{{}=~{ids}", label::INSTANCE_ID));
        }
        let selector = self.selector.and();
        let timestamp = |series: &String| format!("timestamp({series}{selector}}})");
        all.iter().map(timestamp).collect::<Vec<_>>().join(" or ")
    }

    fn name_of(&self, labels: &Labels) -> String {
        if labels.contains_key(label::STEP) {
            format!("{}_count", self.names.family(Metric::ExecutionLatency))
        } else if labels.contains_key(label::INSTANCE_ID) {
            TARGET_INFO.to_owned()
        } else {
            self.names.family(Metric::RequestsAccepted)
        }
    }
}
