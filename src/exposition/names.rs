//! OpenTelemetry names as Prometheus names, by the specification of their compatibility:
//! <https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/>

use std::collections::BTreeMap;

use opentelemetry::KeyValue;

use super::{Kind, Labels};

/// The name of a metric: with its unit, and of a counter with `_total`.
#[must_use]
pub fn metric_name(name: &str, unit: &str, kind: Kind) -> String {
    let mut full: String = name.chars().map(|c| valid(c, true)).collect();
    if full.starts_with(|c: char| c.is_ascii_digit()) {
        full.insert(0, '_');
    }
    if let Some(unit) = unit_word(unit) {
        full = format!("{full}_{unit}");
    }
    if kind == Kind::Counter {
        full += "_total";
    }
    full
}

/// Attributes as labels. The values of keys that become the same label are joined by `;`, in the order of the keys.
#[must_use]
pub fn labels<'a>(attributes: impl Iterator<Item = &'a KeyValue>) -> Labels {
    let mut found: BTreeMap<String, Vec<&KeyValue>> = BTreeMap::new();
    for attribute in attributes {
        let key = attribute.key.as_str();
        let mut name: String = key.chars().map(|c| valid(c, false)).collect();
        if name.starts_with(|c: char| c.is_ascii_digit()) {
            name.insert(0, '_');
        }
        found.entry(name).or_default().push(attribute);
    }
    let joined = found.into_iter().map(|(name, mut all)| {
        all.sort_by(|one, other| one.key.cmp(&other.key));
        let values: Vec<_> = all.iter().map(|pair| pair.value.as_str()).collect();
        (name, values.join(";"))
    });
    joined.collect()
}

fn valid(c: char, or_colon: bool) -> char {
    if c.is_ascii_alphanumeric() || (or_colon && c == ':') {
        c
    } else {
        '_'
    }
}

/// The word for a unit of UCUM. Units in braces are annotations, and have none.
fn unit_word(unit: &str) -> Option<&'static str> {
    let word = match unit {
        "s" => "seconds",
        "ms" => "milliseconds",
        "us" => "microseconds",
        "ns" => "nanoseconds",
        "min" => "minutes",
        "h" => "hours",
        "d" => "days",
        "By" => "bytes",
        "KiBy" => "kibibytes",
        "MiBy" => "mebibytes",
        "GiBy" => "gibibytes",
        "m" => "meters",
        "g" => "grams",
        "J" => "joules",
        "W" => "watts",
        "V" => "volts",
        "A" => "amperes",
        "Cel" => "celsius",
        "Hz" => "hertz",
        "1" => "ratio",
        "%" => "percent",
        _ => return None,
    };
    Some(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_valid_and_end_with_unit_and_total() {
        for (name, unit, kind, expected) in [
            (
                "http.server.request.duration",
                "s",
                Kind::Histogram,
                "http_server_request_duration_seconds",
            ),
            ("orders", "", Kind::Counter, "orders_total"),
            ("sent", "By", Kind::Counter, "sent_bytes_total"),
            ("active", "{request}", Kind::Gauge, "active"),
            ("2nd-try", "1", Kind::Gauge, "_2nd_try_ratio"),
            ("a:é", "parsec", Kind::Gauge, "a:_"),
        ] {
            assert_eq!(metric_name(name, unit, kind), expected);
        }
    }

    #[test]
    fn attributes_of_one_label_are_joined_and_all_are_sorted() {
        let attributes = [
            KeyValue::new("b", true),
            KeyValue::new("a.b", "2"),
            KeyValue::new("a-b", "1"),
            KeyValue::new("0", 7),
        ];
        let expected = [("_0", "7"), ("a_b", "1;2"), ("b", "true")];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(labels(attributes.iter()), expected);
    }
}
