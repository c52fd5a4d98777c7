//! The canary's own routes: metrics, status as a page or as JSON, health.

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    extract::State as Shared,
    response::{IntoResponse, Response},
    routing::get,
};
use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, VARY, X_CONTENT_TYPE_OPTIONS},
};

use super::{page, state::State};
use crate::media_range::prefers_html;

const POLICY: &str = "default-src 'none'; style-src 'self'; frame-ancestors 'none'";

pub fn router(state: Arc<State>) -> Router {
    Router::new()
        .route("/", get(status))
        .route("/status", get(status))
        .route("/status.css", get(style))
        .route("/healthz", get(async || "ok\n"))
        .route("/metrics", get(metrics))
        .with_state(state)
}

async fn metrics(Shared(state): Shared<Arc<State>>, headers: HeaderMap) -> Response {
    state.scrape(|exposition| exposition.answer::<Body>(&headers))
}

/// The last rounds.
async fn status(Shared(state): Shared<Arc<State>>, headers: HeaderMap) -> Response {
    let tally = state.tally();
    let mut response = if prefers_html(&headers) {
        let html = page::html(&state.target, &tally);
        ([(CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response()
    } else {
        let json = serde_json::to_string_pretty(&*tally).unwrap_or_default();
        ([(CONTENT_TYPE, "application/json")], json + "\n").into_response()
    };
    drop(tally);
    with_headers(
        &mut response,
        &[(VARY, "accept"), (CACHE_CONTROL, "no-store")],
    );
    response
}

async fn style() -> Response {
    let mut response = include_str!("status.css").into_response();
    with_headers(
        &mut response,
        &[
            (CONTENT_TYPE, "text/css; charset=utf-8"),
            (CACHE_CONTROL, "no-cache"),
        ],
    );
    response
}

fn with_headers(response: &mut Response, more: &[(HeaderName, &'static str)]) {
    let always = [
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    for (name, value) in always.iter().chain(more) {
        let value = HeaderValue::from_static(value);
        response.headers_mut().insert(name.clone(), value);
    }
}
