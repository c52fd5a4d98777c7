//! `/truth`: what is declared, and the ledger, as JSON.

use std::sync::Arc;

use axum::{extract::State, response::IntoResponse};
use http::header::CONTENT_TYPE;
use prometheus::proto::MetricFamily;
use serde::Serialize;

use super::App;
use crate::truth::Truth;

/// What a service answers on `/truth`.
#[derive(Serialize)]
struct Told<'a> {
    #[serde(flatten)]
    truth: &'a Truth,
    instance_id: &'a str,
    namespace: &'a str,
    error_rate: f64,
    error_status: u16,
    ledger: Ledger,
    clock: Uncertainty,
}

/// accepted = completed + cancelled once idle, and never less in between.
#[derive(Debug, Default, Serialize)]
struct Ledger {
    accepted: u64,
    completed: u64,
    cancelled: u64,
    rejected: u64,
    overrides: u64,
}

/// How late the clock woke so far: measured wait minus drawn delay.
#[derive(Debug, Default, Serialize)]
struct Uncertainty {
    waits: u64,
    mean_seconds: f64,
    /// Upper bound of the bucket that holds the 99th percentile.
    p99_below_seconds: Option<f64>,
}

pub(super) async fn truth(State(app): State<Arc<App>>) -> impl IntoResponse {
    let read = app.metrics.gather();
    let told = Told {
        truth: &app.declared.truth,
        instance_id: &app.instance_id,
        namespace: &app.namespace,
        error_rate: app.answers.error_rate,
        error_status: app.answers.error_status,
        ledger: Ledger::read(&read, &app.namespace),
        clock: Uncertainty::read(&read, &app.namespace),
    };
    // A map of numbers and strings always encodes.
    let json = serde_json::to_string_pretty(&told).unwrap_or_default();
    ([(CONTENT_TYPE, "application/json")], json)
}

impl Ledger {
    fn read(families: &[MetricFamily], namespace: &str) -> Self {
        let mut ledger = Self::default();
        for family in families {
            let Some(name) = family.name().strip_prefix(namespace) else {
                continue;
            };
            for metric in family.get_metric() {
                let counted = whole(metric.get_counter().get_value());
                match name {
                    "_requests_accepted_total" => ledger.accepted += counted,
                    "_requests_rejected_total" => ledger.rejected += counted,
                    "_delay_overrides_total" => ledger.overrides += counted,
                    "_execution_latency_seconds" => {
                        let count = metric.get_histogram().get_sample_count();
                        match metric
                            .get_label()
                            .first()
                            .map(prometheus::proto::LabelPair::value)
                        {
                            Some("total") => ledger.completed += count,
                            Some("cancelled") => ledger.cancelled += count,
                            _ => {}
                        }
                    }
                    _ => {}
                }
            }
        }
        ledger
    }
}

impl Uncertainty {
    fn read(families: &[MetricFamily], namespace: &str) -> Self {
        let name = format!("{namespace}_delay_error_seconds");
        let Some(histogram) = families
            .iter()
            .find(|family| family.name() == name)
            .and_then(|family| family.get_metric().first())
            .map(prometheus::proto::Metric::get_histogram)
        else {
            return Self::default();
        };
        let waits = histogram.get_sample_count();
        Self {
            waits,
            mean_seconds: histogram.get_sample_sum() / waits.max(1) as f64,
            p99_below_seconds: histogram
                .get_bucket()
                .iter()
                .find(|bucket| bucket.cumulative_count() as f64 >= 0.99 * waits as f64)
                .map(prometheus::proto::Bucket::upper_bound)
                .filter(|bound| bound.is_finite()),
        }
    }
}

/// A counter's value; a float only because the exposition says so.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts are whole, and below 2^53"
)]
fn whole(counted: f64) -> u64 {
    counted as u64
}
