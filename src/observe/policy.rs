//! What a service decides about its own requests.

use std::time::Duration;

use http::{Method, Uri};
use opentelemetry::KeyValue;

use super::route::{Route, RouteKind};
use crate::contract::TraceContext;

/// What a service decides about its requests. A [`RouteTable`] is enough where there is nothing to plan.
pub trait Policy: Send + Sync + 'static {
    /// What is decided about a timed request before it is handled.
    type Plan: Clone + Send + Sync + 'static;

    /// The route of a request.
    fn route(&self, method: &Method, path: &str) -> Route;

    /// Decides about a timed request. `context` has the request's trace id, and its caller's span id (0 where it has no
    /// caller).
    fn plan(&self, uri: &Uri, context: TraceContext) -> Self::Plan;

    /// The planned delay, for `Server-Timing`.
    fn delay(_plan: &Self::Plan) -> Option<Duration> {
        None
    }

    /// Whether the client chose the status of its answer. Metrics bound the number of label values that clients choose.
    #[must_use]
    fn is_status_chosen(_plan: &Self::Plan) -> bool {
        false
    }

    /// Attributes of a request's span beside those of the conventions. `plan` is there for timed requests.
    #[must_use]
    fn attributes(_plan: Option<&Self::Plan>, _total: Duration) -> Vec<KeyValue> {
        Vec::new()
    }
}

/// A policy of exact paths, without plans.
#[derive(Clone, Copy, Debug)]
pub struct RouteTable(pub &'static [(&'static str, RouteKind)]);

impl Policy for RouteTable {
    type Plan = ();

    fn route(&self, method: &Method, path: &str) -> Route {
        Route::find(self.0.iter().copied(), method, path)
    }

    fn plan(&self, _uri: &Uri, _context: TraceContext) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: RouteTable = RouteTable(&[
        ("/images", RouteKind::Timed),
        ("/metrics", RouteKind::Quiet),
    ]);

    #[test]
    fn a_client_cannot_create_routes() {
        for path in ["/made/up", "/images/", "/IMAGES", ""] {
            let route = TABLE.route(&Method::GET, path);
            assert_eq!((route.kind, route.template), (RouteKind::Observed, None));
        }
    }

    #[test]
    fn only_get_and_head_are_timed() {
        for (method, kind) in [
            (Method::GET, RouteKind::Timed),
            (Method::HEAD, RouteKind::Timed),
            (Method::POST, RouteKind::Observed),
        ] {
            let route = TABLE.route(&method, "/images");
            assert_eq!((route.kind, route.template), (kind, Some("/images")));
        }
        let scrape = TABLE.route(&Method::GET, "/metrics");
        assert_eq!(scrape.kind, RouteKind::Quiet);
    }
}
