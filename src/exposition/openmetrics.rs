//! OpenMetrics 1.0.0: <https://prometheus.io/docs/specs/om/open_metrics_spec/>

use std::{
    io::Write,
    time::{SystemTime, UNIX_EPOCH},
};

use super::{
    Exemplar, Family, Histogram, Kind, Labels, Series, Value,
    lines::{Lines, comment, help},
    number,
};

pub fn write(families: &[Family]) -> Vec<u8> {
    let mut out = Vec::with_capacity(64 * 1024);
    for family in families {
        let name = family.name_without_total();
        comment(&mut out, "TYPE", name, family.kind.as_str());
        if let Some(unit) = family.unit() {
            comment(&mut out, "UNIT", name, unit);
        }
        help(&mut out, family, name, true);
        let mut lines = Lines {
            out: &mut out,
            family: name,
            push_bound: number::push_canonical,
        };
        for series in &family.series {
            lines.series(family.kind, series);
        }
    }
    out.extend_from_slice(b"# EOF\n");
    out
}

impl Lines<'_> {
    fn series(&mut self, kind: Kind, series: &Series) {
        match &series.value {
            Value::Number(number) => {
                let suffix = if kind == Kind::Counter { "_total" } else { "" };
                self.number(suffix, &series.labels, *number);
            }
            Value::Histogram(histogram) => self.histogram(histogram, &series.labels),
        }
        if let Some(created) = series.created {
            self.begin("_created", &series.labels, None);
            push_time(self.out, created);
            self.end();
        }
    }

    fn histogram(&mut self, histogram: &Histogram, labels: &Labels) {
        for (bound, below, exemplar) in histogram.all_buckets() {
            self.bucket(labels, bound, below);
            if let Some(exemplar) = exemplar {
                self.exemplar(exemplar);
            }
            self.end();
        }
        self.count("_count", labels, histogram.count);
        self.number("_sum", labels, histogram.sum);
    }

    fn exemplar(&mut self, exemplar: &Exemplar) {
        let [trace, span] = exemplar.labels();
        let out = &mut *self.out;
        for text in [
            " # {", trace.0, "=\"", &trace.1, "\",", span.0, "=\"", &span.1, "\"} ",
        ] {
            out.extend_from_slice(text.as_bytes());
        }
        number::push(out, exemplar.value);
        out.push(b' ');
        push_time(out, exemplar.time);
    }
}

/// Seconds of Unix time, to the millisecond; 0 before its start.
fn push_time(out: &mut Vec<u8>, time: SystemTime) {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    let _ = write!(out, "{}.{:03}", since.as_secs(), since.subsec_millis());
}
