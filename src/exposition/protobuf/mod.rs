//! Length-delimited messages of `io.prometheus.client.MetricFamily`, which Prometheus asks for where it scrapes native
//! histograms. The numbers of the fields are those of
//! <https://github.com/prometheus/client_model/blob/master/io/prometheus/client/metrics.proto>.

#[cfg(test)]
mod message;
mod read;
#[cfg(test)]
mod tests;
mod wire;

pub use read::schemas;

use std::time::{SystemTime, UNIX_EPOCH};

use super::{Exemplar, Family, Histogram, Kind, Labels, Native, Series, Span, Value};
use wire::{Fields, Tag, push_delimited};

/// Most exemplars of native buckets, as client libraries keep them.
const NATIVE_EXEMPLARS: usize = 10;

pub fn write(families: &[Family]) -> Vec<u8> {
    let mut out = Vec::with_capacity(32 * 1024);
    for family in families {
        push_delimited(&mut out, |out| Fields(out).family(family));
    }
    out
}

impl Fields<'_> {
    fn family(&mut self, family: &Family) {
        self.bytes(1, family.name.as_bytes());
        self.bytes(2, family.help.as_bytes());
        let kind = match family.kind {
            Kind::Counter => 0,
            Kind::Gauge => 1,
            Kind::Histogram => 4,
        };
        self.uint(3, kind);
        for series in &family.series {
            self.message(4, |metric| metric.series(family.kind, series));
        }
        self.bytes(5, family.unit().unwrap_or_default().as_bytes());
    }

    fn series(&mut self, kind: Kind, series: &Series) {
        self.labels(&series.labels);
        match (&series.value, kind) {
            (Value::Number(value), Kind::Counter) => self.message(3, |counter| {
                counter.double(1, *value);
                counter.created(3, series);
            }),
            (Value::Number(value), _) => self.message(2, |gauge| gauge.double(1, *value)),
            (Value::Histogram(histogram), _) => self.message(7, |message| {
                message.classic(histogram);
                if let Some(native) = &histogram.native {
                    message.native(native, &histogram.exemplars);
                }
                message.created(15, series);
            }),
        }
    }

    fn labels(&mut self, labels: &Labels) {
        for (name, value) in labels {
            self.label(name, value.as_bytes());
        }
    }

    fn label(&mut self, name: &str, value: &[u8]) {
        self.message(1, |label| {
            label.bytes(1, name.as_bytes());
            label.bytes(2, value);
        });
    }

    fn classic(&mut self, histogram: &Histogram) {
        self.uint(1, histogram.count);
        self.double(2, histogram.sum);
        for (bound, below, exemplar) in histogram.all_buckets() {
            self.message(3, |bucket| {
                bucket.uint(1, below);
                bucket.double(2, bound);
                if let Some(exemplar) = exemplar {
                    bucket.message(3, |message| message.exemplar(exemplar));
                }
            });
        }
    }

    fn native(&mut self, native: &Native, exemplars: &[Option<Exemplar>]) {
        self.sint(5, native.schema.into());
        self.uint(7, native.zero_count);
        self.spans((9, 10), &native.negative);
        self.spans((12, 13), &native.positive);
        if native.count() == 0 {
            // An empty span says that it is a native histogram, and not only a classic one.
            self.message(12, |_empty| {});
        }
        let mut known: Vec<_> = exemplars.iter().flatten().collect();
        known.sort_by_key(|exemplar| exemplar.time);
        let rest = known.len().saturating_sub(NATIVE_EXEMPLARS);
        for exemplar in &known[rest..] {
            self.message(16, |message| message.exemplar(exemplar));
        }
    }

    /// Spans as their distance from the end of the one before, and counts as their difference from the one before.
    fn spans(&mut self, (spans, deltas): (Tag, Tag), all: &[Span]) {
        let mut end = 0;
        for span in all {
            self.message(spans, |message| {
                message.sint(1, i64::from(span.start) - i64::from(end));
                message.uint(2, span.counts.len() as u64);
            });
            end = span.end();
        }
        let mut before = 0;
        let counts = all.iter().flat_map(|span| &span.counts);
        self.sints(
            deltas,
            counts.map(|count| {
                let count = i64::try_from(*count).unwrap_or(i64::MAX);
                count - std::mem::replace(&mut before, count)
            }),
        );
    }

    fn exemplar(&mut self, exemplar: &Exemplar) {
        for (name, id) in exemplar.labels() {
            self.label(name, id.as_bytes());
        }
        self.double(2, exemplar.value);
        self.time(3, exemplar.time);
    }

    fn created(&mut self, tag: Tag, series: &Series) {
        if let Some(created) = series.created {
            self.time(tag, created);
        }
    }

    /// A `google.protobuf.Timestamp`; 0 before the start of Unix time.
    fn time(&mut self, tag: Tag, time: SystemTime) {
        let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        self.message(tag, |message| {
            message.uint(1, since.as_secs());
            message.uint(2, since.subsec_nanos().into());
        });
    }
}
