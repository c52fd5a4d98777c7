//! Creates instruments. Its histograms of durations are read as a whole: an observation is in the buckets, in the native
//! buckets and among the exemplars of a reading, or in none of them.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
    time::Duration,
};

use opentelemetry::{
    KeyValue,
    metrics::{BoundHistogram, Histogram, Meter},
};

use super::exemplars::Exemplars;
use crate::{
    contract::TraceContext,
    exposition::{Exemplar, Kind, Labels, labels, metric_name},
};

/// Creates the instruments of one service. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Recorder {
    /// For instruments other than histograms of durations.
    pub meter: Meter,
    readings: Readings,
}

/// What is needed for a reading of the histograms of a [`Recorder`]. Cloning is cheap.
#[derive(Clone, Debug, Default)]
pub struct Readings(Arc<Shared>);

/// The latest exemplars of each series, by the name of its family and its labels.
pub type Known = HashMap<(String, Labels), Vec<Option<Exemplar>>>;

#[derive(Debug, Default)]
struct Shared {
    /// Read while an observation is recorded; written while all are read.
    gate: RwLock<()>,
    names: Mutex<HashSet<String>>,
    exemplars: Mutex<HashMap<(String, Labels), Arc<Exemplars>>>,
}

/// A histogram of durations, in seconds.
#[derive(Clone, Debug)]
pub struct DurationHistogram {
    histogram: Histogram<f64>,
    family: String,
    bounds: Vec<f64>,
    readings: Readings,
}

/// One series of a [`DurationHistogram`].
#[derive(Debug)]
pub struct Durations {
    bound: BoundHistogram<f64>,
    exemplars: Arc<Exemplars>,
    readings: Readings,
}

impl Recorder {
    /// Creates instruments on `meter`, which are read by `readings`.
    #[must_use]
    pub fn new(meter: Meter, readings: Readings) -> Self {
        Self { meter, readings }
    }

    /// Creates a histogram of durations with these bucket bounds, in seconds.
    pub fn durations(
        &self,
        name: impl Into<Cow<'static, str>>,
        description: &'static str,
        bounds: Vec<f64>,
    ) -> DurationHistogram {
        let name = name.into();
        let family = metric_name(&name, "s", Kind::Histogram);
        // Before the instrument is built: a view may ask for its name.
        lock(&self.readings.0.names).insert(name.to_string());
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
            readings: self.readings.clone(),
        }
    }
}

impl Readings {
    /// Whether an instrument of this name is a histogram of durations.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        lock(&self.0.names).contains(name)
    }

    /// Calls `read` while nothing is recorded. `read` must not record.
    pub fn whole<T>(&self, read: impl FnOnce() -> T) -> (T, Known) {
        let _all = self.0.gate.write().unwrap_or_else(PoisonError::into_inner);
        let exemplars = lock(&self.0.exemplars);
        let known = exemplars
            .iter()
            .map(|(series, exemplars)| (series.clone(), exemplars.latest()))
            .collect();
        (read(), known)
    }
}

impl DurationHistogram {
    /// The series with these attributes, which exists from now on.
    #[must_use]
    pub fn bind(&self, attributes: &[KeyValue]) -> Durations {
        let series = (self.family.clone(), labels(attributes.iter()));
        let mut known = lock(&self.readings.0.exemplars);
        let exemplars = known
            .entry(series)
            .or_insert_with(|| Arc::new(Exemplars::new(&self.bounds)));
        Durations {
            bound: self.histogram.bind(attributes),
            exemplars: Arc::clone(exemplars),
            readings: self.readings.clone(),
        }
    }
}

impl Durations {
    /// Records a duration. `sampled` has the trace id and the span id of a request whose span is sampled.
    pub fn record(&self, took: Duration, sampled: Option<TraceContext>) {
        let value = took.as_secs_f64();
        let gate = &self.readings.0.gate;
        let _one = gate.read().unwrap_or_else(PoisonError::into_inner);
        self.bound.record(value);
        if let Some(sampled) = sampled {
            self.exemplars.offer(value, sampled);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
