//! Routes: how much of a request is observed, and which route metrics and spans name.

use http::{Method, Uri};

use super::Policy;
use crate::contract::TraceContext;

/// How much of a request is observed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RouteKind {
    /// Not counted and not traced: probes and `/metrics`, so that monitoring does not change the metrics.
    Quiet,
    /// Counted and traced.
    Observed,
    /// Counted, traced, timed and in the ledger; the answer carries `Server-Timing` and `traceresponse`. Only GET and
    /// HEAD are timed; other methods are [`Observed`](Self::Observed).
    Timed,
}

/// The route of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    /// How much is observed.
    pub kind: RouteKind,
    /// `http.route`; `None` for an unknown path, so that clients cannot create label values.
    pub template: Option<&'static str>,
}

/// A policy of exact paths, without plans.
#[derive(Clone, Copy, Debug)]
pub struct RouteTable(pub &'static [(&'static str, RouteKind)]);

impl Route {
    /// The route of a request among exact paths.
    pub fn find(
        known: impl IntoIterator<Item = (&'static str, RouteKind)>,
        method: &Method,
        path: &str,
    ) -> Self {
        let found = known.into_iter().find(|(known, _)| *known == path);
        let is_read = method == Method::GET || method == Method::HEAD;
        let kind = match found {
            Some((_, RouteKind::Timed)) if !is_read => RouteKind::Observed,
            Some((_, kind)) => kind,
            None => RouteKind::Observed,
        };
        Self {
            kind,
            template: found.map(|(path, _)| path),
        }
    }
}

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
