//! The HTTP server metrics of the OpenTelemetry semantic conventions, with labels whose number is bounded.
//! <https://opentelemetry.io/docs/specs/semconv/http/http-metrics/>

use std::{
    borrow::Cow,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{
            AtomicU64,
            Ordering::{Acquire, Release},
        },
    },
    time::Duration,
};

use opentelemetry::{
    KeyValue,
    metrics::{BoundUpDownCounter, UpDownCounter},
};
use opentelemetry_semantic_conventions::{
    attribute::{
        ERROR_TYPE, HTTP_REQUEST_METHOD, HTTP_RESPONSE_STATUS_CODE, HTTP_ROUTE, URL_SCHEME,
    },
    metric::{HTTP_SERVER_ACTIVE_REQUESTS, HTTP_SERVER_REQUEST_DURATION},
};

use super::recorder::{DurationHistogram, Durations as Series, Recorder};
use crate::{buckets::SEMCONV, contract::TraceContext};

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
    /// The handler panicked; the client got no answer.
    Panicked,
}

impl Outcome {
    /// `error.type`; `None` where the server did not fail. A bad request is not a failure of the server.
    #[must_use]
    pub fn error_type(self) -> Option<Cow<'static, str>> {
        match self {
            Self::Status(status @ 500..) => Some(status.to_string().into()),
            Self::Status(_) => None,
            Self::Cancelled => Some("cancelled".into()),
            Self::Panicked => Some("panic".into()),
        }
    }
}

/// Most label sets of durations that clients can create by unknown paths, refused methods and overridden statuses. Later
/// ones share one overflow set, as those above the cardinality limit of an OpenTelemetry SDK do:
/// <https://opentelemetry.io/docs/specs/otel/metrics/sdk/#overflow-attribute>
const MAX_CLIENT_SETS: usize = 6;
const OVERFLOW: &str = "otel.metric.overflow";

type Durations = Bound<DurationKey, Series>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum DurationKey {
    /// Few, since a service has few routes, and few outcomes of its own.
    Own(HttpRequest, Outcome),
    /// Created by a client's choice.
    Client(HttpRequest, Outcome),
    Overflow,
}

type Active = Bound<&'static str, BoundUpDownCounter<i64>>;

/// What is bound so far, in the order of first use. The list is short and the common labels come first, so a linear
/// search is faster than hashing.
type Bound<K, B> = RwLock<Vec<(K, B)>>;

/// `http.server.request.duration` and `http.server.active_requests`. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct HttpInstruments {
    duration: DurationHistogram,
    active: UpDownCounter<i64>,
    durations: Arc<Durations>,
    actives: Arc<Active>,
    left: Arc<AtomicU64>,
}

impl HttpInstruments {
    pub(super) fn new(recorder: &Recorder) -> Self {
        let duration = recorder.durations(
            HTTP_SERVER_REQUEST_DURATION,
            "Duration of HTTP server requests.",
            SEMCONV.to_vec(),
        );
        let active = recorder
            .meter
            .i64_up_down_counter(HTTP_SERVER_ACTIVE_REQUESTS)
            .with_unit("{request}")
            .with_description("Number of active HTTP server requests.")
            .build();
        Self {
            duration,
            active,
            durations: Arc::default(),
            actives: Arc::default(),
            left: Arc::default(),
        }
    }

    /// Counts a request in.
    pub fn enter(&self, method: &'static str) {
        self.add_active(method, 1);
    }

    /// Counts a request out, and records how it ended and how long it took. `is_chosen`: the client chose the
    /// status. `sampled` has the trace id and the span id of a request whose span is sampled.
    pub fn leave(
        &self,
        request: HttpRequest,
        outcome: Outcome,
        is_chosen: bool,
        took: Duration,
        sampled: Option<TraceContext>,
    ) {
        self.add_active(request.method, -1);
        let is_refused = matches!(outcome, Outcome::Status(400..=499));
        let key = if is_chosen || is_refused || request.route.is_none() {
            DurationKey::Client(request, outcome)
        } else {
            DurationKey::Own(request, outcome)
        };
        with_bound(
            &self.durations,
            key,
            within_limit,
            |key| self.duration.bind(&duration_labels(key)),
            |series| series.record(took, sampled),
        );
        self.left.fetch_add(1, Release);
    }

    /// How many requests were counted out so far. A reading of the metrics that begins later has all that these recorded.
    #[must_use]
    pub fn left(&self) -> u64 {
        self.left.load(Acquire)
    }

    fn add_active(&self, method: &'static str, change: i64) {
        with_bound(
            &self.actives,
            method,
            |_, method| method,
            |method| self.active.bind(&request_labels(method)),
            |bound| bound.add(change),
        );
    }
}

/// Records with the instrument bound to `key`. Where there is none yet, `admit` may replace the key by one within a limit.
fn with_bound<K: Copy + Eq, B>(
    bound: &Bound<K, B>,
    key: K,
    admit: impl FnOnce(&[(K, B)], K) -> K,
    bind: impl FnOnce(K) -> B,
    record: impl FnOnce(&B),
) {
    let find = |known: &[(K, B)], key| known.iter().position(|(known, _)| *known == key);
    {
        let known = bound.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = find(&known, key) {
            return record(&known[at].1);
        }
    }
    let mut known = bound.write().unwrap_or_else(PoisonError::into_inner);
    let key = admit(&known, key);
    let at = find(&known, key).unwrap_or_else(|| {
        known.push((key, bind(key)));
        known.len() - 1
    });
    record(&known[at].1);
}

/// A client's label set, or the overflow set where there are too many of them.
fn within_limit<B>(known: &[(DurationKey, B)], key: DurationKey) -> DurationKey {
    let is_client = |key: &DurationKey| matches!(key, DurationKey::Client(..));
    let is_new = known.iter().all(|(known, _)| *known != key);
    let others = known.iter().filter(|(known, _)| is_client(known));
    if is_client(&key) && is_new && others.count() >= MAX_CLIENT_SETS {
        DurationKey::Overflow
    } else {
        key
    }
}

fn request_labels(method: &'static str) -> Vec<KeyValue> {
    vec![
        KeyValue::new(HTTP_REQUEST_METHOD, method),
        KeyValue::new(URL_SCHEME, "http"),
    ]
}

/// How a request ended, as attributes.
pub fn outcome_attributes(outcome: Outcome) -> impl Iterator<Item = KeyValue> {
    let status = match outcome {
        Outcome::Status(status) => Some(i64::from(status)),
        Outcome::Cancelled | Outcome::Panicked => None,
    };
    let status = status.map(|status| KeyValue::new(HTTP_RESPONSE_STATUS_CODE, status));
    let error = outcome.error_type();
    let error = error.map(|error| KeyValue::new(ERROR_TYPE, error));
    status.into_iter().chain(error)
}

fn duration_labels(key: DurationKey) -> Vec<KeyValue> {
    let (DurationKey::Own(request, outcome) | DurationKey::Client(request, outcome)) = key else {
        return vec![KeyValue::new(OVERFLOW, true)];
    };
    let mut labels = request_labels(request.method);
    labels.extend(request.route.map(|route| KeyValue::new(HTTP_ROUTE, route)));
    labels.extend(outcome_attributes(outcome));
    labels
}
