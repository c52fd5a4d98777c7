//! The metrics of one reading: families of series.

use std::time::SystemTime;

use super::{Exemplar, Native};

/// Names and values of the labels of a series, sorted by name.
pub type Labels = Vec<(String, String)>;

/// All series of one name.
#[derive(Clone, Debug, PartialEq)]
pub struct Family {
    /// The Prometheus name, of a counter with `_total`.
    pub name: String,
    /// What it says, in a sentence.
    pub help: String,
    /// Its type.
    pub kind: Kind,
    /// Its series, none of which have the same labels.
    pub series: Vec<Series>,
}

/// The type of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A number that only grows.
    Counter,
    /// Any number.
    Gauge,
    /// Observations, counted in buckets.
    Histogram,
}

/// One series.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// What tells it from the others of its family.
    pub labels: Labels,
    /// What was read.
    pub value: Value,
    /// Since when it counts; none for gauges.
    pub created: Option<SystemTime>,
}

/// What was read of one series.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Of a counter or a gauge.
    Number(f64),
    /// Of a histogram.
    Histogram(Histogram),
}

/// One histogram: all its parts count the same observations.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Histogram {
    /// How many observations.
    pub count: u64,
    /// Their sum.
    pub sum: f64,
    /// Inclusive upper bounds, ascending and without infinity, each with the number of observations up to it.
    pub buckets: Vec<(f64, u64)>,
    /// One for each bucket, and then one for what is above all bounds. Empty where none are kept.
    pub exemplars: Vec<Option<Exemplar>>,
    /// The same observations in exponential buckets.
    pub native: Option<Native>,
}

impl Histogram {
    /// Every bucket, also the one above all bounds: its upper bound, the observations up to it, and its exemplar.
    pub(super) fn all_buckets(&self) -> impl Iterator<Item = (f64, u64, Option<&Exemplar>)> {
        let last = (f64::INFINITY, self.count);
        let all = self.buckets.iter().copied().chain([last]);
        all.enumerate().map(|(index, (bound, below))| {
            let exemplar = self.exemplars.get(index).and_then(Option::as_ref);
            (bound, below, exemplar)
        })
    }
}

impl Kind {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

impl Family {
    /// Its unit, where its name ends with one of those that Prometheus advises:
    /// <https://prometheus.io/docs/practices/naming/#base-units>
    pub(super) fn unit(&self) -> Option<&'static str> {
        let base = self.name_without_total();
        ["seconds", "bytes", "ratio"].into_iter().find(|unit| {
            base.strip_suffix(unit)
                .is_some_and(|rest| rest.ends_with('_'))
        })
    }

    /// The name as OpenMetrics declares it.
    pub(super) fn name_without_total(&self) -> &str {
        match self.kind {
            Kind::Counter => self.name.strip_suffix("_total").unwrap_or(&self.name),
            Kind::Gauge | Kind::Histogram => &self.name,
        }
    }

    /// Sorts the series: the shorter label sets first, then by their values.
    pub fn sort(&mut self) {
        self.series.sort_by(|one, other| {
            let by_length = one.labels.len().cmp(&other.labels.len());
            by_length.then_with(|| one.values().cmp(other.values()))
        });
    }
}

impl Series {
    fn values(&self) -> impl Iterator<Item = &String> {
        self.labels.iter().map(|(_, value)| value)
    }

    /// The value of a label.
    #[must_use]
    pub fn label(&self, name: &str) -> Option<&str> {
        let found = self.labels.iter().find(|(known, _)| known == name)?;
        Some(&found.1)
    }

    /// The value of a counter or a gauge.
    #[must_use]
    pub fn number(&self) -> Option<f64> {
        match self.value {
            Value::Number(number) => Some(number),
            Value::Histogram(_) => None,
        }
    }

    /// The histogram, where it is one.
    #[must_use]
    pub fn histogram(&self) -> Option<&Histogram> {
        match &self.value {
            Value::Histogram(histogram) => Some(histogram),
            Value::Number(_) => None,
        }
    }
}
