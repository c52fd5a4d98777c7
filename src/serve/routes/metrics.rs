//! `GET /metrics`: one reading of every metric, in the format that the client prefers.

use axum::{extract::State, response::Response};
use http::HeaderMap;

use crate::telemetry::Metrics;

pub async fn metrics(State(metrics): State<Metrics>, headers: HeaderMap) -> Response {
    metrics.answer(&headers)
}
