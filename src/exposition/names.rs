//! OpenTelemetry names as Prometheus names, by the specification of their compatibility:
//! <https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/>

use std::collections::BTreeMap;

use opentelemetry::KeyValue;

use super::{Kind, Labels};

/// The name of a metric: with its unit, and of a counter with `_total`, unless it has them already.
#[must_use]
pub fn metric_name(name: &str, unit: &str, kind: Kind) -> String {
    let mut full = word(name, |c| c.is_ascii_alphanumeric() || c == ':');
    if kind == Kind::Counter
        && let Some(base) = full.strip_suffix("_total")
    {
        full.truncate(base.len());
    }
    if let Some(unit) = unit_word(unit)
        && !full.ends_with(&format!("_{unit}"))
    {
        full = format!("{full}_{unit}");
    }
    if kind == Kind::Counter {
        full += "_total";
    }
    full
}

/// The label name of an attribute key: `1st.x` is `_1st_x`. Runs of `_` become one, so that none begins with the reserved
/// `__`.
#[must_use]
pub fn label_name(key: &str) -> String {
    word(key, |c| c.is_ascii_alphanumeric())
}

/// Attributes as labels. The values of keys that become the same label are joined by `;`, in the order of the keys.
#[must_use]
pub fn labels<'a>(attributes: impl Iterator<Item = &'a KeyValue>) -> Labels {
    let mut found: BTreeMap<String, Vec<&KeyValue>> = BTreeMap::new();
    for attribute in attributes {
        let name = label_name(attribute.key.as_str());
        found.entry(name).or_default().push(attribute);
    }
    let joined = found.into_iter().map(|(name, mut all)| {
        all.sort_by(|one, other| one.key.cmp(&other.key));
        let values: Vec<_> = all.iter().map(|pair| pair.value.as_str()).collect();
        (name, values.join(";"))
    });
    joined.collect()
}

/// The text with each run of other characters replaced by one `_`; it does not begin with a digit.
fn word(text: &str, is_valid: impl Fn(char) -> bool) -> String {
    let mut word = String::with_capacity(text.len());
    for character in text.chars() {
        if word.is_empty() && character.is_ascii_digit() {
            word.push('_');
        }
        if is_valid(character) {
            word.push(character);
        } else if !word.ends_with('_') {
            word.push('_');
        }
    }
    word
}

/// The words for a unit of UCUM, of which one may be divided by another. Units in braces are annotations, and have none.
fn unit_word(unit: &str) -> Option<String> {
    let Some((unit, per)) = unit.split_once('/') else {
        return base_unit(unit).map(str::to_owned);
    };
    let per = match per {
        "s" => "second",
        "min" => "minute",
        "h" => "hour",
        "d" => "day",
        "wk" | "w" => "week",
        "mo" => "month",
        "a" | "y" => "year",
        "m" => "meter",
        _ => return None,
    };
    Some(match base_unit(unit).filter(|_| unit != "1") {
        Some(unit) => format!("{unit}_per_{per}"),
        None => format!("per_{per}"),
    })
}

fn base_unit(unit: &str) -> Option<&'static str> {
    let word = match unit {
        "s" => "seconds",
        "ms" => "milliseconds",
        "us" => "microseconds",
        "ns" => "nanoseconds",
        "min" => "minutes",
        "h" => "hours",
        "d" => "days",
        "By" | "B" => "bytes",
        "KiBy" => "kibibytes",
        "MiBy" => "mebibytes",
        "GiBy" => "gibibytes",
        "TiBy" => "tibibytes",
        "KBy" | "kBy" | "KB" => "kilobytes",
        "MBy" | "MB" => "megabytes",
        "GBy" | "GB" => "gigabytes",
        "TBy" | "TB" => "terabytes",
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
            ("a:é..b", "parsec", Kind::Gauge, "a:_b"),
            ("orders_total", "1", Kind::Counter, "orders_ratio_total"),
            ("orders_total", "{order}", Kind::Counter, "orders_total"),
            ("took.seconds", "s", Kind::Histogram, "took_seconds"),
            ("read", "By/s", Kind::Gauge, "read_bytes_per_second"),
            ("sent", "{packet}/min", Kind::Gauge, "sent_per_minute"),
            ("turned", "1/s", Kind::Gauge, "turned_per_second"),
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

    #[test]
    fn labels_are_valid_and_not_reserved() {
        for (key, expected) in [
            ("1st", "_1st"),
            ("service.instance.id", "service_instance_id"),
            ("a:b", "a_b"),
            ("__name__", "_name_"),
            ("é", "_"),
            ("k8s.pod-name", "k8s_pod_name"),
        ] {
            assert_eq!(label_name(key), expected, "{key}");
        }
    }
}
