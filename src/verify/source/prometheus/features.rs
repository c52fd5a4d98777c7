//! What only some Prometheus servers have: exemplars, and the settings that explain their absence. A server that does not
//! answer such a question has none.

use serde::Deserialize;

use super::{answer::instant, api::Prometheus, queries::Queries};
use crate::{
    contract::{Metric, Step, names::label},
    verify::model::{
        exemplars::{Exemplar, ExemplarSeries},
        exposition::number,
        finding::Finding,
        labels::{Labels, NAME},
        rate::Range,
        settings::Settings,
    },
};

/// How far the clocks of the service and of Prometheus may differ besides, in milliseconds.
const CLOCK_MS: i64 = 60_000;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AnsweredSeries {
    series_labels: Labels,
    exemplars: Vec<AnsweredExemplar>,
}

#[derive(Deserialize)]
struct AnsweredExemplar {
    labels: Labels,
    value: String,
    timestamp: f64,
}

#[derive(Deserialize)]
struct Config {
    yaml: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Flags {
    #[serde(default)]
    enable_feature: Option<String>,
}

/// The exemplars of the measured totals in the run, by the clock of the service; of classic and of native buckets.
pub async fn exemplars(queries: &Queries<'_>, run: Range) -> Finding<Vec<ExemplarSeries>> {
    let family = queries.names.family(Metric::ExecutionLatency);
    let (step, total) = (label::STEP, Step::Total.as_str());
    let query = format!(
        "{{{NAME}=~\"{family}(_bucket)?\",{step}=\"{total}\"{}}}",
        queries.selector.and()
    );
    let seconds = |millis: i64| (millis as f64 / 1e3).to_string();
    let parameters = [
        ("query", query.clone()),
        ("start", seconds(run.from - CLOCK_MS)),
        ("end", seconds(run.to + CLOCK_MS)),
    ];
    let path = "/api/v1/query_exemplars";
    let answer: Result<Vec<AnsweredSeries>, _> =
        queries.prometheus.ask(&query, path, &parameters).await;
    match answer {
        Ok(series) => Finding::Found(series.into_iter().map(AnsweredSeries::read).collect()),
        Err(error) => Finding::Skipped(format!("Prometheus does not return exemplars: {error}")),
    }
}

/// The settings, as far as it tells.
pub async fn settings(prometheus: &Prometheus) -> Settings {
    let config = prometheus.ask::<Config>("config", "/api/v1/status/config", &[]);
    let flags = prometheus.ask::<Flags>("flags", "/api/v1/status/flags", &[]);
    let (config, flags) = (config.await.ok(), flags.await.ok());
    Settings {
        features: flags.and_then(|flags| flags.enable_feature),
        config: config.map(|config| config.yaml),
    }
}

impl AnsweredSeries {
    fn read(self) -> ExemplarSeries {
        let read = |exemplar: AnsweredExemplar| {
            let at = instant(exemplar.timestamp);
            Exemplar::read(&exemplar.labels, number(&exemplar.value)?, at)
        };
        ExemplarSeries {
            labels: self.series_labels,
            exemplars: self.exemplars.into_iter().filter_map(read).collect(),
        }
    }
}
