//! The HTTP server metrics of the OpenTelemetry semantic conventions, with labels whose number is bounded.
//! <https://opentelemetry.io/docs/specs/semconv/http/http-metrics/>

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use opentelemetry::{
    KeyValue,
    metrics::{BoundHistogram, BoundUpDownCounter, Histogram, Meter, UpDownCounter},
};
use opentelemetry_semantic_conventions::{
    attribute::{
        ERROR_TYPE, HTTP_REQUEST_METHOD, HTTP_RESPONSE_STATUS_CODE, HTTP_ROUTE, URL_SCHEME,
    },
    metric::{HTTP_SERVER_ACTIVE_REQUESTS, HTTP_SERVER_REQUEST_DURATION},
};

use crate::buckets::SEMCONV;

/// The labels of a request that are known when it enters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HttpRequest {
    /// A method of RFC 9110 or RFC 5789, or `_OTHER`.
    pub method: &'static str,
    /// The matched route; none for an unknown path.
    pub route: Option<&'static str>,
}

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It was answered with this status code.
    Status(u16),
    /// The client left before the answer.
    Cancelled,
}

type Durations = Bound<(HttpRequest, Outcome), BoundHistogram<f64>>;
type Active = Bound<&'static str, BoundUpDownCounter<i64>>;

/// What is bound so far, in the order of first use. The list is short and the common labels come first, so a linear
/// search is faster than hashing.
type Bound<K, B> = RwLock<Vec<(K, B)>>;

/// `http.server.request.duration` and `http.server.active_requests`. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct HttpInstruments {
    duration: Histogram<f64>,
    active: UpDownCounter<i64>,
    durations: Arc<Durations>,
    actives: Arc<Active>,
}

impl HttpInstruments {
    pub(super) fn new(meter: &Meter) -> Self {
        let duration = meter
            .f64_histogram(HTTP_SERVER_REQUEST_DURATION)
            .with_unit("s")
            .with_description("Duration of HTTP server requests.")
            .with_boundaries(SEMCONV.to_vec())
            .build();
        let active = meter
            .i64_up_down_counter(HTTP_SERVER_ACTIVE_REQUESTS)
            .with_unit("{request}")
            .with_description("Number of active HTTP server requests.")
            .build();
        Self {
            duration,
            active,
            durations: Arc::default(),
            actives: Arc::default(),
        }
    }

    /// Counts a request in.
    pub fn enter(&self, method: &'static str) {
        self.add_active(method, 1);
    }

    /// Counts a request out, and records how it ended and how long it took.
    pub fn leave(&self, request: HttpRequest, outcome: Outcome, took: Duration) {
        self.add_active(request.method, -1);
        with_bound(
            &self.durations,
            (request, outcome),
            || self.duration.bind(&duration_labels(request, outcome)),
            |bound| bound.record(took.as_secs_f64()),
        );
    }

    fn add_active(&self, method: &'static str, change: i64) {
        with_bound(
            &self.actives,
            method,
            || self.active.bind(&request_labels(method)),
            |bound| bound.add(change),
        );
    }
}

/// Records with the instrument bound to `key`; binds it at the first use.
fn with_bound<K: Eq, B>(
    bound: &Bound<K, B>,
    key: K,
    bind: impl FnOnce() -> B,
    record: impl FnOnce(&B),
) {
    let find = |known: &[(K, B)]| known.iter().position(|(known, _)| *known == key);
    {
        let known = bound.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = find(&known) {
            return record(&known[at].1);
        }
    }
    let mut known = bound.write().unwrap_or_else(PoisonError::into_inner);
    let at = find(&known).unwrap_or_else(|| {
        known.push((key, bind()));
        known.len() - 1
    });
    record(&known[at].1);
}

fn request_labels(method: &'static str) -> Vec<KeyValue> {
    vec![
        KeyValue::new(HTTP_REQUEST_METHOD, method),
        KeyValue::new(URL_SCHEME, "http"),
    ]
}

fn duration_labels(request: HttpRequest, outcome: Outcome) -> Vec<KeyValue> {
    let mut labels = request_labels(request.method);
    labels.extend(request.route.map(|route| KeyValue::new(HTTP_ROUTE, route)));
    match outcome {
        Outcome::Status(status) => {
            labels.push(KeyValue::new(HTTP_RESPONSE_STATUS_CODE, i64::from(status)));
            if status >= 500 {
                labels.push(KeyValue::new(ERROR_TYPE, status.to_string()));
            }
        }
        Outcome::Cancelled => labels.push(KeyValue::new(ERROR_TYPE, "cancelled")),
    }
    labels
}
