//! `/healthz` and `/readyz`: never delayed, never failed by injection, not traced, not counted.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;

use super::App;

/// Alive, as long as anything answers.
pub(super) async fn healthz() -> &'static str {
    "ok"
}

/// Ready, unless starting or draining.
pub(super) async fn readyz(State(app): State<Arc<App>>) -> (StatusCode, &'static str) {
    if app.is_ready() {
        (StatusCode::OK, "ok")
    } else {
        (
            StatusCode::SERVICE_UNAVAILABLE,
            "not ready: starting or draining",
        )
    }
}
