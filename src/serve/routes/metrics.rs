//! `GET /metrics`: one reading of every metric.

use axum::{extract::State, response::IntoResponse};
use http::header::CONTENT_TYPE;

use crate::telemetry::Metrics;

const TEXT_0_0_4: &str = "text/plain; version=0.0.4; charset=utf-8";

pub async fn metrics(State(metrics): State<Metrics>) -> impl IntoResponse {
    ([(CONTENT_TYPE, TEXT_0_0_4)], metrics.text())
}
