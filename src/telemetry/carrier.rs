//! The headers of a request as a propagator reads them: the trace headers only where [`TraceContext`] takes them, since
//! the SDK continues traces that W3C calls invalid.

use http::HeaderMap;
use opentelemetry::propagation::Extractor;
use opentelemetry_http::HeaderExtractor;

use crate::contract::TraceContext;

const TRACEPARENT: &str = "traceparent";
const TRACESTATE: &str = "tracestate";

pub struct Carrier<'a> {
    headers: HeaderExtractor<'a>,
    /// Whether there is exactly one `traceparent`, and it is valid.
    has_trace: bool,
}

impl<'a> Carrier<'a> {
    pub fn new(headers: &'a HeaderMap) -> Self {
        let mut given = headers.get_all(TRACEPARENT).iter();
        let has_trace = match (given.next(), given.next()) {
            (Some(only), None) => only
                .to_str()
                .is_ok_and(|text| text.parse::<TraceContext>().is_ok()),
            _ => false,
        };
        Self {
            headers: HeaderExtractor(headers),
            has_trace,
        }
    }

    fn hides(&self, key: &str) -> bool {
        !self.has_trace && [TRACEPARENT, TRACESTATE].contains(&key)
    }
}

impl Extractor for Carrier<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        (!self.hides(key)).then(|| self.headers.get(key)).flatten()
    }

    fn get_all(&self, key: &str) -> Option<Vec<&str>> {
        let hides = self.hides(key);
        (!hides).then(|| self.headers.get_all(key)).flatten()
    }

    fn keys(&self) -> Vec<&str> {
        let mut keys = self.headers.keys();
        keys.retain(|key| !self.hides(key));
        keys
    }
}
