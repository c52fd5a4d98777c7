//! `GET /healthz` and `GET /readyz`: never delayed, never failed by injection, not traced, not counted.

use axum::extract::State;
use http::StatusCode;

use crate::shutdown::Readiness;

/// Alive while the process answers.
pub async fn healthz() -> &'static str {
    "ok"
}

/// Ready, except while starting or draining.
pub async fn readyz(State(readiness): State<Readiness>) -> (StatusCode, &'static str) {
    if readiness.is_ready() {
        (StatusCode::OK, "ok")
    } else {
        (
            StatusCode::SERVICE_UNAVAILABLE,
            "not ready: starting or draining",
        )
    }
}
