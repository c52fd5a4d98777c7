//! The table of contents: which path is whose.

use std::sync::Arc;

use axum::{Router, routing::get};
use tower_http::compression::CompressionLayer;

use super::{
    App, images, index, probes,
    routes::{HEALTHZ, IMAGES, INDEX, METRICS, READYZ, TRUTH},
    scrape, truth,
};

pub(super) fn service(app: &Arc<App>, with_metrics: bool) -> Router {
    let router = Router::new()
        .route(INDEX, get(index::index))
        .route(IMAGES, get(images::images))
        .route(HEALTHZ, get(probes::healthz))
        .route(READYZ, get(probes::readyz))
        .route(TRUTH, get(truth::truth))
        .with_state(Arc::clone(app));
    if with_metrics {
        router.merge(metrics_only(app))
    } else {
        router
    }
}

pub(super) fn metrics_only(app: &Arc<App>) -> Router {
    Router::new()
        .route(METRICS, get(scrape::metrics))
        .layer(CompressionLayer::new())
        .with_state(Arc::clone(app))
}
