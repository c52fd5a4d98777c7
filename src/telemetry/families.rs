//! What the SDK collects, as families of an exposition.

use std::{collections::BTreeMap, sync::Once, time::SystemTime};

use opentelemetry::KeyValue;
use opentelemetry_sdk::metrics::data::{
    AggregatedMetrics, HistogramDataPoint, Metric, MetricData, ResourceMetrics,
};

use crate::{
    exposition::{Family, Histogram, Kind, Series, Value, labels, metric_name},
    instruments::{BySeries, Known},
};

/// The families of one collection, by name, with what is known of their histograms beside.
pub fn families(metrics: &ResourceMetrics, details: BySeries<Known>) -> BTreeMap<String, Family> {
    let mut found = Found(BTreeMap::new());
    for scope in metrics.scope_metrics() {
        for metric in scope.metrics() {
            match metric.data() {
                AggregatedMetrics::F64(data) => found.add(metric, data),
                AggregatedMetrics::I64(data) => found.add(metric, data),
                AggregatedMetrics::U64(data) => found.add(metric, data),
            }
        }
    }
    for (name, mut details) in details {
        let family = found.0.get_mut(&*name);
        for series in family.into_iter().flat_map(|family| &mut family.series) {
            if let Value::Histogram(histogram) = &mut series.value {
                let Known { native, exemplars } =
                    details.remove(&series.labels).unwrap_or_default();
                histogram.native = native;
                histogram.exemplars = exemplars;
            }
        }
    }
    found.0
}

struct Found(BTreeMap<String, Family>);

impl Found {
    fn add<T: Number>(&mut self, metric: &Metric, data: &MetricData<T>) {
        match data {
            MetricData::Gauge(gauge) => {
                let points = gauge.data_points();
                let points = points.map(|point| number(point.attributes(), point.value(), None));
                self.family(metric, Kind::Gauge, points);
            }
            MetricData::Sum(sum) => {
                let (kind, created) = if sum.is_monotonic() {
                    (Kind::Counter, Some(sum.start_time()))
                } else {
                    (Kind::Gauge, None)
                };
                let points = sum.data_points();
                let points = points.map(|point| number(point.attributes(), point.value(), created));
                self.family(metric, kind, points);
            }
            MetricData::Histogram(all) => {
                let series = |point: &HistogramDataPoint<T>| Series {
                    labels: labels(point.attributes()),
                    value: Value::Histogram(classic(point)),
                    created: Some(all.start_time()),
                };
                self.family(metric, Kind::Histogram, all.data_points().map(series));
            }
            // No instrument has such a view.
            MetricData::ExponentialHistogram(_) => {}
        }
    }

    fn family(&mut self, metric: &Metric, kind: Kind, series: impl Iterator<Item = Series>) {
        let name = metric_name(metric.name(), metric.unit(), kind);
        let is_new = !self.0.contains_key(&name);
        let family = self.0.entry(name.clone()).or_insert_with(|| Family {
            name,
            help: metric.description().to_owned(),
            kind,
            series: Vec::new(),
        });
        if family.kind == kind {
            for series in series {
                // Two scopes may have instruments of one name; a scrape has each series once.
                if is_new
                    || family
                        .series
                        .iter()
                        .all(|known| known.labels != series.labels)
                {
                    family.series.push(series);
                }
            }
        } else {
            static ONCE: Once = Once::new();
            ONCE.call_once(|| {
                tracing::warn!(name = family.name, "two instruments of different types have the same name; the second one is not exposed");
            });
        }
    }
}

fn number<'a, T: Number>(
    attributes: impl Iterator<Item = &'a KeyValue>,
    value: T,
    created: Option<SystemTime>,
) -> Series {
    Series {
        labels: labels(attributes),
        value: Value::Number(value.float()),
        created,
    }
}

fn classic<T: Number>(point: &HistogramDataPoint<T>) -> Histogram {
    let mut below = 0;
    let buckets = point.bounds().zip(point.bucket_counts());
    Histogram {
        count: point.count(),
        sum: point.sum().float(),
        buckets: buckets
            .map(|(bound, count)| {
                below += count;
                (bound, below)
            })
            .collect(),
        ..Histogram::default()
    }
}

trait Number: Copy {
    fn float(self) -> f64;
}

impl Number for f64 {
    fn float(self) -> f64 {
        self
    }
}

impl Number for i64 {
    fn float(self) -> f64 {
        self as f64
    }
}

impl Number for u64 {
    fn float(self) -> f64 {
        self as f64
    }
}
