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
                Value::Number(number) => lines.number("", &series.labels, *number),
                Value::Histogram(histogram) => {
                    for (bound, below, _) in histogram.all_buckets() {
                        lines.bucket(&series.labels, bound, below);
                        lines.end();
                    }
                    lines.number("_sum", &series.labels, histogram.sum);
                    lines.count("_count", &series.labels, histogram.count);
                }
            }
        }
    }
    out
}
