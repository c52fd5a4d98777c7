//! What the text formats say, read back, is what went in.

use proptest::prelude::*;

use super::*;

/// Name, labels and value of a sample line; the rest of the line is an exemplar.
fn parse(line: &str) -> (String, Labels, f64, &str) {
    let (name, mut rest) = line.split_at(line.find(['{', ' ']).unwrap());
    let mut labels = Labels::new();
    if let Some(inside) = rest.strip_prefix('{') {
        rest = inside;
        while let Some((label, value)) = rest.split_once("=\"") {
            let (value, after) = unquote(value);
            labels.push((label.trim_start_matches(',').to_owned(), value));
            rest = after;
            if let Some(after) = rest.strip_prefix('}') {
                rest = after;
                break;
            }
        }
    }
    let rest = rest.strip_prefix(' ').unwrap();
    let (value, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    (name.to_owned(), labels, value.parse().unwrap(), rest)
}

/// The text up to the closing quote, without escapes, and what follows.
fn unquote(text: &str) -> (String, &str) {
    let (mut value, mut chars) = (String::new(), text.char_indices());
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return (value, &text[at + 1..]),
            '\\' => match chars.next().unwrap().1 {
                'n' => value.push('\n'),
                escaped => value.push(escaped),
            },
            _ => value.push(c),
        }
    }
    panic!("no closing quote: {text}")
}

fn histogram(labels: Labels, counts: &[u64], sum: f64) -> Series {
    let mut count = 0;
    let buckets = counts.iter().enumerate().map(|(bound, more)| {
        count += more;
        (0.1 * bound as f64 - 0.2, count)
    });
    Series {
        labels,
        value: Value::Histogram(Histogram {
            buckets: buckets.collect(),
            count,
            sum,
            ..Histogram::default()
        }),
        created: None,
    }
}

proptest! {
    #[test]
    fn both_text_formats_say_what_went_in(
        help in any::<String>(),
        labels in prop::collection::vec(("[a-z_]{1,9}", any::<String>()), 0..4),
        number in any::<f64>(),
        counts in prop::collection::vec(0..1_000_000_u64, 0..9),
    ) {
        let gauge = Series {
            labels: labels.clone(),
            value: Value::Number(number),
            created: None,
        };
        let families = [
            ("measured", Kind::Gauge, gauge),
            ("took_seconds", Kind::Histogram, histogram(labels.clone(), &counts, number)),
        ]
        .map(|(name, kind, series)| Family {
            name: name.to_owned(),
            help: help.clone(),
            kind,
            series: vec![series],
        });
        for format in [Format::Text, Format::OpenMetrics] {
            let text = String::from_utf8(format.write(&families)).unwrap();
            let lines = text.split_terminator('\n').filter(|line| !line.starts_with('#'));
            let read: Vec<_> = lines.map(parse).collect();
            prop_assert_eq!(read.len(), 1 + counts.len() + 1 + 2, "{}", text);
            let (name, found, value, rest) = &read[0];
            prop_assert_eq!((name.as_str(), found, *rest), ("measured", &labels, ""));
            prop_assert!(value.to_bits() == number.to_bits() || value.is_nan() && number.is_nan());
            let Value::Histogram(expected) = &families[1].series[0].value else { unreachable!() };
            let infinite = (f64::INFINITY, expected.count);
            for ((bound, below), (name, found, value, _)) in
                expected.buckets.iter().chain([&infinite]).zip(&read[1..])
            {
                prop_assert_eq!(name, "took_seconds_bucket");
                let (le, others) = found.split_last().unwrap();
                prop_assert_eq!((others, &le.0), (&labels[..], &"le".to_owned()));
                prop_assert_eq!(le.1.parse(), Ok(*bound));
                prop_assert_eq!(*value, *below as f64);
            }
        }
    }
}
