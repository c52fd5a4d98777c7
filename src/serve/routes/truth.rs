//! `GET /truth`: what is declared, and the ledger, as JSON.

use std::sync::Arc;

use axum::{extract::State, response::IntoResponse};
use http::header::CONTENT_TYPE;
use prometheus::proto::{Histogram, LabelPair, MetricFamily};

use crate::{
    contract::{ClockError, Ledger, Metric, Names, Part, Step, TruthPage, names::label},
    serve::app::App,
};

pub async fn truth(State(app): State<Arc<App>>) -> impl IntoResponse {
    let families = app.metrics.gather();
    let page = TruthPage {
        truth: app.planner.declared.truth.clone(),
        instance_id: app.instance_id.clone(),
        namespace: app.names.namespace().to_owned(),
        error_rate: app.planner.answers.error_rate,
        error_status: app.planner.answers.error_status,
        ledger: ledger(&families, &app.names),
        clock: ClockError {
            timer: app.clock.timer().to_owned(),
            ..clock_error(&families, &app.names)
        },
    };
    // A map of numbers and strings always encodes.
    let json = serde_json::to_string_pretty(&page).unwrap_or_default();
    ([(CONTENT_TYPE, "application/json")], json)
}

fn ledger(families: &[MetricFamily], names: &Names) -> Ledger {
    let mut ledger = Ledger::default();
    for family in families {
        let Some((known, Part::Value)) = names.read(family.name()) else {
            continue;
        };
        for metric in family.get_metric() {
            let counted = whole(metric.get_counter().get_value());
            match known {
                Metric::RequestsAccepted => ledger.accepted += counted,
                Metric::RequestsRejected => ledger.rejected += counted,
                Metric::DelayOverrides => ledger.overrides += counted,
                Metric::ExecutionLatency => {
                    let count = metric.get_histogram().get_sample_count();
                    match step(metric.get_label()) {
                        Some(Step::Total) => ledger.completed += count,
                        Some(Step::Cancelled) => ledger.cancelled += count,
                        _ => {}
                    }
                }
                _ => {}
            }
        }
    }
    ledger
}

fn step(labels: &[LabelPair]) -> Option<Step> {
    let found = labels.iter().find(|pair| pair.name() == label::STEP)?;
    Step::from_label(found.value())
}

fn clock_error(families: &[MetricFamily], names: &Names) -> ClockError {
    let name = names.family(Metric::DelayError);
    let found = families.iter().find(|family| family.name() == name);
    let Some(metric) = found.and_then(|family| family.get_metric().first()) else {
        return ClockError::default();
    };
    let histogram = metric.get_histogram();
    let waits = histogram.get_sample_count();
    ClockError {
        waits,
        mean_seconds: histogram.get_sample_sum() / waits.max(1) as f64,
        p99_below_seconds: p99_bound(histogram, waits),
        ..ClockError::default()
    }
}

/// Upper bound of the bucket that holds the 99th percentile, where it is finite.
fn p99_bound(histogram: &Histogram, waits: u64) -> Option<f64> {
    let mut buckets = histogram.get_bucket().iter();
    let holds = buckets.find(|bucket| bucket.cumulative_count() as f64 >= 0.99 * waits as f64)?;
    Some(holds.upper_bound()).filter(|bound| bound.is_finite())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_step_is_found_by_its_name_among_other_labels() {
        let pair = |(name, value): (&str, &str)| {
            let mut pair = LabelPair::default();
            pair.set_name(name.to_owned());
            pair.set_value(value.to_owned());
            pair
        };
        let labels = [("a", "total"), (label::STEP, "cancelled"), ("z", "delay")].map(pair);
        assert_eq!(step(&labels), Some(Step::Cancelled));
        assert_eq!(step(&labels[..1]), None);
    }
}
