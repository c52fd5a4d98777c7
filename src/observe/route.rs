//! Routes: how much of a request is observed, and which route metrics and spans name.

use http::Method;

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
