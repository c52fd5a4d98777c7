//! Length-delimited protobuf messages, which Prometheus asks for where it scrapes native histograms.

mod message;
mod read;

pub use read::schemas;

use std::time::{SystemTime, UNIX_EPOCH};

use prost::Message;

use super::{Exemplar, Family, Histogram, Kind, Native, Series, Span, Value};

pub fn write(families: &[Family]) -> Vec<u8> {
    let mut out = Vec::with_capacity(32 * 1024);
    for family in families {
        let message = message::MetricFamily::from(family);
        // A vector has room.
        let _ = message.encode_length_delimited(&mut out);
    }
    out
}

impl From<&Family> for message::MetricFamily {
    fn from(family: &Family) -> Self {
        let kind = match family.kind {
            Kind::Counter => message::MetricType::Counter,
            Kind::Gauge => message::MetricType::Gauge,
            Kind::Histogram => message::MetricType::Histogram,
        };
        let metric = |series: &Series| message::Metric::new(family.kind, series);
        Self {
            name: family.name.clone(),
            help: family.help.clone(),
            r#type: kind.into(),
            metric: family.series.iter().map(metric).collect(),
            unit: family.unit().unwrap_or_default().to_owned(),
        }
    }
}

impl message::Metric {
    fn new(kind: Kind, series: &Series) -> Self {
        let mut metric = Self {
            label: series
                .labels
                .iter()
                .map(|(name, value)| label(name, value))
                .collect(),
            ..Self::default()
        };
        let created = series.created.map(timestamp);
        match (&series.value, kind) {
            (Value::Number(value), Kind::Counter) => {
                metric.counter = Some(message::Counter {
                    value: *value,
                    created,
                });
            }
            (Value::Number(value), _) => metric.gauge = Some(message::Gauge { value: *value }),
            (Value::Histogram(histogram), _) => {
                metric.histogram = Some(message::Histogram {
                    created,
                    ..histogram.into()
                });
            }
        }
        metric
    }
}

impl From<&Histogram> for message::Histogram {
    fn from(histogram: &Histogram) -> Self {
        let exemplar = |index| histogram.exemplars.get(index).copied().flatten();
        let buckets = histogram.buckets.iter();
        let last = (f64::INFINITY, histogram.count);
        let bucket = |(index, (bound, below)): (usize, &(f64, u64))| message::Bucket {
            cumulative_count: *below,
            upper_bound: *bound,
            exemplar: exemplar(index).as_ref().map(Into::into),
        };
        let mut message = Self {
            sample_count: histogram.count,
            sample_sum: histogram.sum,
            bucket: buckets.chain([&last]).enumerate().map(bucket).collect(),
            ..Self::default()
        };
        if let Some(native) = &histogram.native {
            message.fill_native(native);
            let mut known: Vec<_> = histogram.exemplars.iter().flatten().collect();
            known.sort_by_key(|exemplar| exemplar.time);
            message.exemplars = known.into_iter().map(Into::into).collect();
        }
        message
    }
}

impl message::Histogram {
    fn fill_native(&mut self, native: &Native) {
        self.schema = native.schema;
        self.zero_count = native.zero_count;
        (self.positive_span, self.positive_delta) = deltas(&native.positive);
        (self.negative_span, self.negative_delta) = deltas(&native.negative);
        let is_empty = self.positive_span.is_empty() && self.negative_span.is_empty();
        if is_empty && native.zero_count == 0 {
            // An empty span says that it is a native histogram, and not only a classic one.
            self.positive_span.push(message::BucketSpan::default());
        }
    }
}

/// Spans as their distance from the end of the one before, and counts as their difference from the one before.
fn deltas(spans: &[Span]) -> (Vec<message::BucketSpan>, Vec<i64>) {
    let (mut end, mut before) = (0, 0);
    let mut written = Vec::with_capacity(spans.len());
    let mut deltas = Vec::new();
    for span in spans {
        written.push(message::BucketSpan {
            offset: span.start - end,
            length: u32::try_from(span.counts.len()).unwrap_or(u32::MAX),
        });
        end = span.end();
        for count in &span.counts {
            let count = i64::try_from(*count).unwrap_or(i64::MAX);
            deltas.push(count - before);
            before = count;
        }
    }
    (written, deltas)
}

impl From<&Exemplar> for message::Exemplar {
    fn from(exemplar: &Exemplar) -> Self {
        let labels = exemplar.labels();
        Self {
            label: labels
                .iter()
                .map(|(name, value)| label(name, value))
                .collect(),
            value: exemplar.value,
            timestamp: Some(timestamp(exemplar.time)),
        }
    }
}

fn label(name: &str, value: &str) -> message::LabelPair {
    message::LabelPair {
        name: name.to_owned(),
        value: value.to_owned(),
    }
}

/// 0 before the start of Unix time.
fn timestamp(time: SystemTime) -> message::Timestamp {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    message::Timestamp {
        seconds: i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
        nanos: i32::try_from(since.subsec_nanos()).unwrap_or_default(),
    }
}
