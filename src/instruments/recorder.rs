//! Creates instruments. Its histograms of durations are read as a whole: an observation is in the buckets, in the native
//! buckets and among the exemplars of a reading, or in none of them.

use std::{
    borrow::Cow,
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use opentelemetry::{
    KeyValue,
    metrics::{BoundHistogram, Histogram, Meter},
};

use super::detail::{Detail, Known};
use crate::{
    contract::TraceContext,
    exposition::{Format, Kind, Labels, labels, metric_name},
};

/// Creates the instruments of one service. Cloning is cheap.
///
/// While a scrape reads the histograms of durations, none is recorded: a callback of an observable instrument must neither
/// block, nor record or bind one, or the scrape never ends.
#[derive(Clone, Debug)]
pub struct Recorder {
    /// For instruments other than histograms of durations.
    pub meter: Meter,
    details: Details,
}

/// What the histograms of a [`Recorder`] hold beside their classic buckets. Cloning is cheap.
#[derive(Clone, Debug, Default)]
pub struct Details(Arc<Mutex<BySeries<Arc<Mutex<Detail>>>>>);

/// By the name of a family, and by the labels of its series.
pub type BySeries<T> = HashMap<Arc<str>, HashMap<Arc<Labels>, T>>;

/// A histogram of durations, in seconds.
#[derive(Clone, Debug)]
pub struct DurationHistogram {
    histogram: Histogram<f64>,
    family: Arc<str>,
    bounds: Vec<f64>,
    details: Details,
}

/// One series of a [`DurationHistogram`].
#[derive(Debug)]
pub struct Durations {
    bound: BoundHistogram<f64>,
    detail: Arc<Mutex<Detail>>,
}

impl Recorder {
    /// Creates instruments on `meter`, and keeps in `details` what that does not.
    #[must_use]
    pub fn new(meter: Meter, details: Details) -> Self {
        Self { meter, details }
    }

    /// Creates a histogram of durations with these bucket bounds, in seconds; of one name, the first bounds count.
    pub fn durations(
        &self,
        name: impl Into<Cow<'static, str>>,
        description: &'static str,
        bounds: Vec<f64>,
    ) -> DurationHistogram {
        let name = name.into();
        let family = metric_name(&name, "s", Kind::Histogram).into();
        let histogram = self
            .meter
            .f64_histogram(name)
            .with_unit("s")
            .with_description(description)
            .with_boundaries(bounds.clone())
            .build();
        DurationHistogram {
            histogram,
            family,
            bounds,
            details: self.details.clone(),
        }
    }
}

impl Details {
    /// Calls `read` while no duration is recorded, and returns what `format` has beside. `read` must not record one.
    pub fn whole<T>(&self, format: Format, read: impl FnOnce() -> T) -> (T, BySeries<Known>) {
        if format == Format::Text {
            return (read(), BySeries::new());
        }
        let families = lock(&self.0);
        let held = families.iter().map(|(name, series)| {
            let held = series.iter().map(|(labels, detail)| (labels, lock(detail)));
            (name, held.collect::<Vec<_>>())
        });
        let held: Vec<_> = held.collect();
        let known = held.iter().map(|(name, series)| {
            let known = series.iter();
            let known = known.map(|(labels, detail)| (Arc::clone(labels), detail.read(format)));
            (Arc::clone(name), known.collect())
        });
        let known = known.collect();
        (read(), known)
    }
}

impl DurationHistogram {
    /// The series with these attributes, which exists from now on.
    #[must_use]
    pub fn bind(&self, attributes: &[KeyValue]) -> Durations {
        let mut families = lock(&self.details.0);
        let series = families.entry(Arc::clone(&self.family)).or_default();
        let detail = series
            .entry(Arc::new(labels(attributes.iter())))
            .or_insert_with(|| Arc::new(Mutex::new(Detail::new(&self.bounds))));
        Durations {
            bound: self.histogram.bind(attributes),
            detail: Arc::clone(detail),
        }
    }
}

impl Durations {
    /// Records a duration. `sampled` has the trace id and the span id of a request whose span is sampled.
    pub fn record(&self, took: Duration, sampled: Option<TraceContext>) {
        let value = took.as_secs_f64();
        let mut detail = lock(&self.detail);
        self.bound.record(value);
        detail.record(value, sampled);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
