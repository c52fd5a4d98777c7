//! What is not there: the series of a replica, and the labels that deduplication removes.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    api::{Prometheus, PrometheusError},
    queries::Queries,
};
use crate::{
    contract::{
        Metric, Step,
        names::{TARGET_INFO, label},
    },
    verify::model::{
        labels::{INSTANCE, JOB, Labels, NAME},
        promql::quoted,
        store::Kind,
    },
};

impl Queries<'_> {
    /// The labels that deduplication removes.
    pub async fn replica_labels(&self) -> Result<BTreeSet<String>, PrometheusError> {
        if self.store().kind != Kind::Thanos {
            return Ok(BTreeSet::new());
        }
        let own = self.own_series();
        let names = async |of: &Prometheus| -> Result<BTreeSet<String>, PrometheusError> {
            let samples = of.vector(&own).await?;
            let names = samples
                .into_iter()
                .flat_map(|(labels, _)| labels.into_keys());
            Ok(names.collect())
        };
        let kept = names(&self.prometheus.deduplicated()).await?;
        let mut all = names(&self.prometheus).await?;
        all.retain(|name| !kept.contains(name));
        Ok(all)
    }

    /// What Prometheus has instead of the series of replicas that answered: where `target_info` names them, and metrics
    /// with similar names.
    pub async fn about_missing(
        &self,
        unseen: &[&String],
    ) -> Result<(BTreeMap<String, Labels>, BTreeSet<String>), PrometheusError> {
        let (mut informed, mut similar) = (BTreeMap::new(), BTreeSet::new());
        if unseen.is_empty() {
            return Ok((informed, similar));
        }
        for id in unseen {
            let id_label = label::INSTANCE_ID;
            let promql = format!(
                "{TARGET_INFO}{{{id_label}={}{}}}",
                quoted(id),
                self.selector.and()
            );
            if let Some((mut labels, _)) = self.prometheus.vector(&promql).await?.pop() {
                labels.retain(|name, _| [JOB, INSTANCE].contains(&name.as_str()));
                informed.insert((*id).clone(), labels);
            }
        }
        let (latency, step) = (self.names.family(Metric::ExecutionLatency), label::STEP);
        let promql = format!(
            "group by ({NAME}) ({{{NAME}=~\".+_count\",{step}=\"{}\"{}}})",
            Step::Total.as_str(),
            self.selector.and()
        );
        for (labels, _) in self.prometheus.vector(&promql).await? {
            let name = labels
                .get(NAME)
                .and_then(|name| name.strip_suffix("_count"));
            similar.extend(name.filter(|name| *name != latency).map(str::to_owned));
        }
        Ok((informed, similar))
    }
}
