//! The Prometheus text format 0.0.4: <https://prometheus.io/docs/instrumenting/exposition_formats/>

use super::{
    Family, Value,
    lines::{Lines, comment, help},
    number,
};

pub fn write(families: &[Family]) -> Vec<u8> {
    let mut out = Vec::with_capacity(32 * 1024);
    for family in families {
        help(&mut out, family, &family.name, false);
        comment(&mut out, "TYPE", &family.name, family.kind.as_str());
        let mut lines = Lines {
            out: &mut out,
            family: &family.name,
            push_bound: number::push,
        };
        for series in &family.series {
            match &series.value {
                Value::Number(number) => {
                    lines.begin("", &series.labels, None);
                    lines.number(*number);
                    lines.end();
                }
                Value::Histogram(histogram) => {
                    let last = (f64::INFINITY, histogram.count);
                    for (bound, below) in histogram.buckets.iter().chain([&last]) {
                        lines.begin("_bucket", &series.labels, Some(*bound));
                        lines.count(*below);
                        lines.end();
                    }
                    lines.begin("_sum", &series.labels, None);
                    lines.number(histogram.sum);
                    lines.end();
                    lines.begin("_count", &series.labels, None);
                    lines.count(histogram.count);
                    lines.end();
                }
            }
        }
    }
    out
}
