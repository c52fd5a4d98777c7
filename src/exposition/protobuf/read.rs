//! Reads back what tells native histograms apart: their schemas.

use prost::Message;

use super::message;
use crate::exposition::Labels;

/// The schema of each native histogram of a family, with its labels. Ends at the first message that cannot be read.
#[must_use]
pub fn schemas(mut messages: &[u8], family: &str) -> Vec<(Labels, i32)> {
    let next = || message::MetricFamily::decode_length_delimited(&mut messages).ok();
    let families = std::iter::from_fn(next).filter(|found| found.name == family);
    let series = families.flat_map(|found| found.metric);
    series
        .filter_map(|series| {
            let histogram = series.histogram?;
            let labels = series.label.into_iter();
            let labels = labels.map(|label| (label.name, label.value)).collect();
            let is_native = !histogram.positive_span.is_empty() || histogram.zero_count > 0;
            is_native.then_some((labels, histogram.schema))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exposition::{Family, Format, Histogram, Kind, Native, Series, Span, Value};

    fn family(name: &str, native: &[Option<Native>]) -> Family {
        let series = native.iter().enumerate().map(|(index, native)| Series {
            labels: vec![("step".to_owned(), index.to_string())],
            value: Value::Histogram(Histogram {
                native: native.clone(),
                ..Histogram::default()
            }),
            created: None,
        });
        Family {
            name: name.to_owned(),
            help: String::new(),
            kind: Kind::Histogram,
            series: series.collect(),
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let native = |schema, counts: &[u64]| Native {
            schema,
            positive: Span::split(3, counts.iter().copied()),
            ..Native::default()
        };
        let own = [Some(native(5, &[1, 2])), None, Some(native(8, &[]))];
        let families = [
            family("other", &[Some(native(1, &[1]))]),
            family("own", &own),
        ];
        let mut messages = Format::Protobuf.write(&families);
        let label = |value: &str| vec![("step".to_owned(), value.to_owned())];
        let expected = [(label("0"), 5), (label("2"), 8)];
        assert_eq!(schemas(&messages, "own"), expected);
        messages.truncate(messages.len() - 1);
        assert_eq!(schemas(&messages, "own"), []);
        assert_eq!(schemas(b"<html>", "own"), []);
    }
}
