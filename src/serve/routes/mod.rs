//! The routes: one table, which the router is built from and each request is looked up in.

mod images;
mod index;
mod metrics;
mod probes;
mod truth;

use std::sync::Arc;

use axum::{
    Router,
    response::{IntoResponse, Response},
    routing::{MethodRouter, get},
};
use http::{Method, StatusCode, Uri, header::ALLOW};
use tower_http::compression::CompressionLayer;

use super::app::App;
use crate::observe::{Route, RouteKind};

struct Entry {
    path: &'static str,
    kind: RouteKind,
    handler: fn() -> MethodRouter<Arc<App>>,
}

const METRICS: &str = "/metrics";

#[rustfmt::skip]
const TABLE: &[Entry] = &[
    Entry { path: "/images",  kind: RouteKind::Timed,    handler: || get(images::images) },
    Entry { path: "/",        kind: RouteKind::Observed, handler: || get(index::index) },
    Entry { path: "/healthz", kind: RouteKind::Quiet,    handler: || get(probes::healthz) },
    Entry { path: "/readyz",  kind: RouteKind::Quiet,    handler: || get(probes::readyz) },
    Entry { path: "/truth",   kind: RouteKind::Quiet,    handler: || get(truth::truth) },
    Entry { path: METRICS,    kind: RouteKind::Quiet,    handler: || get(metrics::metrics).layer(CompressionLayer::new()) },
];

/// Every route; without `/metrics` where that has an address of its own.
pub fn all(app: &Arc<App>, with_metrics: bool) -> Router {
    router(app, |path| with_metrics || path != METRICS)
}

/// `/metrics` alone.
pub fn only_metrics(app: &Arc<App>) -> Router {
    router(app, |path| path == METRICS)
}

fn router(app: &Arc<App>, is_wanted: impl Fn(&str) -> bool) -> Router {
    let wanted = TABLE.iter().filter(|entry| is_wanted(entry.path));
    let router = wanted.fold(Router::new(), |router, entry| {
        router.route(entry.path, (entry.handler)())
    });
    router.fallback(unknown).with_state(Arc::clone(app))
}

/// `OPTIONS *` asks what the server can do as a whole: RFC 9110, 9.3.7.
async fn unknown(method: Method, uri: Uri) -> Response {
    if method == Method::OPTIONS && uri.path() == "*" {
        (StatusCode::NO_CONTENT, [(ALLOW, "GET, HEAD")]).into_response()
    } else {
        StatusCode::NOT_FOUND.into_response()
    }
}

/// The route of a request.
pub fn find(method: &Method, path: &str) -> Route {
    let known = TABLE.iter().map(|entry| (entry.path, entry.kind));
    Route::find(known, method, path)
}
