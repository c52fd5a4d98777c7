//! What a collector prints of the metrics and log records that it receives (its exporter `debug`, in detail).

use std::{collections::BTreeMap, mem};

/// A data point of a metric.
#[derive(Clone, Debug, Default)]
pub(crate) struct Point {
    pub(crate) name: String,
    /// `Sum`, `Gauge`, `Histogram` or `ExponentialHistogram`.
    pub(crate) kind: String,
    /// `Cumulative` or `Delta`; empty for a gauge.
    pub(crate) temporality: String,
    pub(crate) labels: BTreeMap<String, String>,
    /// The value, or the number of observations.
    pub(crate) number: f64,
    /// The number of observations in each bucket, in their order.
    pub(crate) buckets: Vec<f64>,
}

/// A log record.
#[derive(Clone, Debug, Default)]
pub(crate) struct Record {
    pub(crate) scope: String,
    pub(crate) body: String,
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) trace_id: String,
    pub(crate) span_id: String,
}

/// Every data point, in the order of their arrival.
pub(crate) fn points(lines: &[String]) -> Vec<Point> {
    let (mut points, mut metric, mut point) = (Vec::new(), Point::default(), None::<Point>);
    for line in lines {
        if let Some((name, value)) = member(line) {
            match (&mut point, name) {
                (Some(point), name) => {
                    point.labels.insert(name.to_owned(), text(value));
                }
                (None, "Name") => value.clone_into(&mut metric.name),
                (None, "DataType") => value.clone_into(&mut metric.kind),
                (None, "AggregationTemporality") => value.clone_into(&mut metric.temporality),
                _ => {}
            }
        } else if line.contains("DataPoints #") {
            points.extend(point.replace(metric.clone()));
        } else if line.starts_with("Metric #") || line.contains("\tMetrics\t") {
            points.extend(point.take());
            metric = Point::default();
        } else if let Some(point) = &mut point {
            match line.split_once(": ") {
                Some(("Count" | "Value", number)) => point.number = number.parse().unwrap(),
                Some((bucket, count)) if bucket.starts_with("Bucket") => {
                    point.buckets.push(count.parse().unwrap());
                }
                _ => {}
            }
        }
    }
    points.extend(point);
    points
}

/// Every log record, in the order of their arrival.
pub(crate) fn records(lines: &[String]) -> Vec<Record> {
    let (mut records, mut scope, mut record) = (Vec::new(), String::new(), Record::default());
    for line in lines {
        if let Some((name, value)) = member(line) {
            record.attributes.insert(name.to_owned(), text(value));
        } else if let Some(name) = line.strip_prefix("InstrumentationScope ") {
            name.trim().clone_into(&mut scope);
        } else if line.starts_with("LogRecord #") {
            record = Record {
                scope: scope.clone(),
                ..Record::default()
            };
        } else {
            match line.split_once(": ") {
                Some(("Body", body)) => record.body = text(body),
                Some(("Trace ID", id)) => id.clone_into(&mut record.trace_id),
                Some(("Span ID", id)) => id.clone_into(&mut record.span_id),
                // The last line of a record.
                Some(("Flags", _)) => records.push(mem::take(&mut record)),
                _ => {}
            }
        }
    }
    records
}

/// `     -> name: value`
fn member(line: &str) -> Option<(&str, &str)> {
    line.trim_start().strip_prefix("-> ")?.split_once(": ")
}

/// `value` of `Str(value)`, `Int(1)` and the like.
fn text(value: &str) -> String {
    let inner = value
        .split_once('(')
        .and_then(|(_, rest)| rest.strip_suffix(')'));
    inner.unwrap_or(value).to_owned()
}
