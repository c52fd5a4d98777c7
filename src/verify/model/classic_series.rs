//! Native histograms as the classic series with the same counts, so that they are judged like those.

use std::collections::BTreeMap;

use super::{
    form::Form,
    native::{NativePoint, NativeSeries},
};
use crate::{
    contract::names::label,
    verify::model::{
        histogram::bound_text,
        labels::{Labels, NAME},
        series::{Point, Series, target},
    },
};

/// A series of native histograms as they were returned: without the empty buckets.
#[derive(Clone, Debug)]
pub struct HistogramSeries {
    pub labels: Labels,
    pub points: Vec<HistogramPoint>,
}

/// One sample.
#[derive(Clone, Debug)]
pub struct HistogramPoint {
    /// In milliseconds of Unix time.
    pub at: i64,
    pub count: f64,
    pub sum: f64,
    /// Lower bound, upper bound and count.
    pub buckets: Vec<(f64, f64, f64)>,
}

impl HistogramPoint {
    /// Its exponential buckets, where it has such.
    fn exponential(&self) -> Option<NativePoint> {
        NativePoint::read(self.at, self.count, &self.buckets)
    }

    fn bounds(&self) -> impl Iterator<Item = f64> {
        let bounds = self.buckets.iter().flat_map(|(low, high, _)| [*low, *high]);
        bounds.filter(|bound| bound.is_finite())
    }

    /// Whether its buckets are not exponential, or have bounds of the service's classic ones, `known`.
    fn is_custom(&self, known: &[f64]) -> bool {
        let is_known = |bound: f64| known.iter().any(|it| it.total_cmp(&bound).is_eq());
        self.exponential().is_none() || (!self.buckets.is_empty() && self.bounds().all(is_known))
    }

    /// How many observations were at most `le`.
    fn upto(&self, le: f64) -> f64 {
        let below = self.buckets.iter().filter(|(_, high, _)| *high <= le);
        below.map(|(.., count)| count).sum()
    }
}

/// The form of each target, and the classic series of those that have none. A bound between two empty buckets is returned
/// by no store: `known` has those of the service. Exponential buckets give the bucket `+Inf` alone.
pub fn classic_series(
    classic: &[Series],
    native: &[HistogramSeries],
    known: &[f64],
) -> (BTreeMap<Labels, Form>, Vec<Series>) {
    let is_bucket = |series: &&Series| series.labels.contains_key(label::LE);
    let classic = classic.iter().filter(is_bucket).map(Series::target);
    let mut forms: BTreeMap<_, _> = classic.map(|target| (target, Form::Classic)).collect();
    let mut by_target = BTreeMap::<Labels, Vec<&HistogramSeries>>::new();
    for series in native {
        let own = by_target.entry(target(&series.labels)).or_default();
        own.push(series);
    }
    by_target.retain(|target, _| !forms.contains_key(target));
    let mut converted = Vec::new();
    for (target, all) in by_target {
        let points = || all.iter().flat_map(|series| &series.points);
        let form = if points().any(|point| point.is_custom(known)) {
            Form::Custom
        } else {
            Form::Exponential
        };
        let bounds = match form {
            Form::Custom => bounds(&points().collect::<Vec<_>>(), known),
            _ => Vec::new(),
        };
        converted.extend(all.iter().flat_map(|series| series.converted(&bounds)));
        forms.insert(target, form);
    }
    (forms, converted)
}

/// The finite bounds: those of buckets that are not empty, and those of the service that lie in none of them.
fn bounds(points: &[&HistogramPoint], known: &[f64]) -> Vec<f64> {
    let inside = |bound: f64| {
        let mut buckets = points.iter().flat_map(|point| &point.buckets);
        buckets.any(|(low, high, _)| *low < bound && bound < *high)
    };
    let own = points.iter().flat_map(|point| point.bounds());
    let known = known.iter().copied();
    let known = known.filter(|bound| bound.is_finite() && !inside(*bound));
    let mut all: Vec<_> = own.chain(known).collect();
    all.sort_by(f64::total_cmp);
    all.dedup();
    all
}

impl HistogramSeries {
    /// Its exponential buckets, where it has such; `known` has the bounds of the service's classic ones.
    pub fn exponential(self, known: &[f64]) -> NativeSeries {
        let is_custom = self.points.iter().any(|point| point.is_custom(known));
        let points = self.points.iter().map(HistogramPoint::exponential);
        NativeSeries {
            points: points.collect::<Option<_>>().filter(|_| !is_custom),
            labels: self.labels,
        }
    }

    fn converted(&self, bounds: &[f64]) -> Vec<Series> {
        let name = self.labels.get(NAME).map_or("", String::as_str);
        let series = |suffix: &str, le: Option<f64>, value: &dyn Fn(&HistogramPoint) -> f64| {
            let mut labels = self.labels.clone();
            labels.insert(NAME.to_owned(), format!("{name}{suffix}"));
            labels.extend(le.map(|le| (label::LE.to_owned(), bound_text(le))));
            let point = |point: &HistogramPoint| Point {
                at: point.at,
                value: value(point),
            };
            Series {
                labels,
                points: self.points.iter().map(point).collect(),
            }
        };
        let bucket = |le: &f64| series("_bucket", Some(*le), &|point| point.upto(*le));
        let mut all: Vec<_> = bounds.iter().map(bucket).collect();
        let count = |point: &HistogramPoint| point.count;
        all.push(series("_bucket", Some(f64::INFINITY), &count));
        all.push(series("_count", None, &count));
        all.push(series("_sum", None, &|point| point.sum));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn native(buckets: &[(f64, f64, f64)]) -> HistogramSeries {
        let labels = [(NAME, "x_seconds"), ("job", "a"), (label::STEP, "total")];
        let labels = labels.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let count = buckets.iter().map(|(.., count)| count).sum();
        HistogramSeries {
            labels: labels.into(),
            points: vec![HistogramPoint {
                at: 1,
                count,
                sum: 9.0,
                buckets: buckets.to_vec(),
            }],
        }
    }

    fn values(series: &[Series]) -> Vec<(String, f64)> {
        let value = |series: &Series| {
            let le = series.labels.get(label::LE);
            let le = le.map_or(String::new(), |le| format!(" {le}"));
            (series.name().to_owned() + &le, series.points[0].value)
        };
        series.iter().map(value).collect()
    }

    #[test]
    fn custom_buckets_become_cumulative_and_get_the_bounds_of_empty_ones() {
        let inf = f64::INFINITY;
        let native = native(&[(-inf, 0.1, 2.0), (0.3, 0.7, 3.0), (2.0, inf, 1.0)]);
        // A bound inside of a bucket is not one of the store's.
        let known = [0.1, 0.2, 0.3, 0.5, 0.7, 2.0, inf];
        let (forms, series) = classic_series(&[], &[native], &known);
        assert!(forms.into_values().eq([Form::Custom]));
        let expected = [
            ("x_seconds_bucket 0.1", 2.0),
            ("x_seconds_bucket 0.2", 2.0),
            ("x_seconds_bucket 0.3", 2.0),
            ("x_seconds_bucket 0.7", 5.0),
            ("x_seconds_bucket 2", 5.0),
            ("x_seconds_bucket +Inf", 6.0),
            ("x_seconds_count", 6.0),
            ("x_seconds_sum", 9.0),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value));
        assert_eq!(values(&series), expected);
    }

    #[test]
    fn powers_of_two_are_custom_where_they_are_bounds_of_the_service() {
        let native = native(&[(0.5, 1.0, 2.0), (1.0, 2.0, 3.0)]);
        for (known, form) in [
            (&[0.5, 1.0, 2.0][..], Form::Custom),
            (&[0.1, 1.0, 2.0], Form::Exponential),
            (&[], Form::Exponential),
        ] {
            let (forms, series) = classic_series(&[], std::slice::from_ref(&native), known);
            assert!(forms.into_values().eq([form]));
            assert_eq!(
                values(&series).len(),
                if known.len() > 2 && form == Form::Custom {
                    6
                } else {
                    3
                }
            );
        }
    }

    #[test]
    fn a_target_with_classic_buckets_is_not_converted() {
        let native = native(&[(0.5, 0.7, 2.0)]);
        let (_, classic) = classic_series(&[], std::slice::from_ref(&native), &[]);
        let (forms, converted) = classic_series(&classic, &[native], &[]);
        assert!(forms.into_values().eq([Form::Classic]));
        assert!(converted.is_empty());
    }
}
