//! `GET /truth`: what is declared, and the ledger, as JSON. `?delay=` and `?buckets=` ask for another truth.

use std::sync::Arc;

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::{StatusCode, Uri, header::CONTENT_TYPE};

use crate::{
    contract::{ClockError, Ledger, Metric, Names, Part, Step, TruthPage, names::label},
    exposition::{Family, Format, Histogram, Series},
    serve::{app::App, page, truth_query::TruthQuery},
    truth::Truth,
};

pub async fn truth(State(app): State<Arc<App>>, uri: Uri) -> Response {
    let response = match TruthQuery::read(&uri, &app.planner) {
        Err(reason) => (StatusCode::BAD_REQUEST, reason + "\n").into_response(),
        Ok(query) => match compute(&app, query).await {
            Some(truth) => json(&app, truth).into_response(),
            None => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        },
    };
    page::with_nosniff(response)
}

/// Computes outside the worker threads, which have to end delays in time. `None` if the runtime is shutting down.
async fn compute(app: &Arc<App>, query: TruthQuery) -> Option<Truth> {
    if query.is_empty() {
        return Some(app.declared().truth.clone());
    }
    let app = Arc::clone(app);
    let permit = Arc::clone(&app.truth_permit).acquire_owned().await.ok()?;
    let computing = move || {
        let _until_computed = permit;
        query.truth(app.declared(), &app.buckets)
    };
    tokio::task::spawn_blocking(computing).await.ok()
}

fn json(app: &App, truth: Truth) -> impl IntoResponse {
    let families = app.metrics.gather(Format::Text);
    let page = TruthPage {
        truth,
        instance_id: app.instance_id.clone(),
        namespace: app.names.namespace().to_owned(),
        error_rate: app.planner.answers.error_rate,
        error_status: app.planner.answers.error_status,
        ledger: ledger(&families, &app.names),
        clock: ClockError {
            timer: app.clock.timer().to_owned(),
            ..clock_error(&families, &app.names)
        },
        links: app.links.clone(),
    };
    // A map of numbers and strings always encodes.
    let json = serde_json::to_string_pretty(&page).unwrap_or_default();
    ([(CONTENT_TYPE, "application/json")], json)
}

fn ledger(families: &[Family], names: &Names) -> Ledger {
    let mut ledger = Ledger::default();
    for family in families {
        let Some((known, Part::Value)) = names.read(&family.name) else {
            continue;
        };
        for series in &family.series {
            let counted = whole(series.number().unwrap_or_default());
            match known {
                Metric::RequestsAccepted => ledger.accepted += counted,
                Metric::RequestsRejected => ledger.rejected += counted,
                Metric::DelayOverrides => ledger.overrides += counted,
                Metric::ExecutionLatency => {
                    let count = series.histogram().map_or(0, |histogram| histogram.count);
                    match step(series) {
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

fn step(series: &Series) -> Option<Step> {
    Step::from_label(series.label(label::STEP)?)
}

fn clock_error(families: &[Family], names: &Names) -> ClockError {
    let name = names.family(Metric::DelayError);
    let found = families.iter().find(|family| family.name == name);
    let first = found.and_then(|family| family.series.first());
    let Some(histogram) = first.and_then(Series::histogram) else {
        return ClockError::default();
    };
    let waits = histogram.count;
    ClockError {
        waits,
        mean_seconds: histogram.sum / waits.max(1) as f64,
        p99_below_seconds: p99_bound(histogram, waits),
        ..ClockError::default()
    }
}

/// Upper bound of the bucket that holds the 99th percentile, where it is finite.
fn p99_bound(histogram: &Histogram, waits: u64) -> Option<f64> {
    let mut buckets = histogram.buckets.iter();
    let holds = buckets.find(|(_, below)| *below as f64 >= 0.99 * waits as f64)?;
    Some(holds.0)
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
    use crate::exposition::Value;

    #[test]
    fn the_step_is_found_by_its_name_among_other_labels() {
        let pair = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        let labels = [("a", "total"), (label::STEP, "cancelled"), ("z", "delay")].map(pair);
        let series = |labels: &[(String, String)]| Series {
            labels: labels.to_vec(),
            value: Value::Number(0.0),
            created: None,
        };
        assert_eq!(step(&series(&labels)), Some(Step::Cancelled));
        assert_eq!(step(&series(&labels[..1])), None);
    }
}
