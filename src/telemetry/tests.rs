//! What a scrape says of the resource, for any attribute; and that a reading is whole.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    thread,
    time::Duration,
};

use opentelemetry::KeyValue;
use proptest::prelude::*;

use super::{metrics::Metrics, resource::new, service::Service};
use crate::{
    contract::TraceContext,
    exposition::{Family, Format, Histogram, Series},
};

const SERVICE: Service = Service {
    name: "name",
    version: "1",
};

fn target_info(given: &[(String, String)]) -> String {
    let resource = new(SERVICE, given);
    let metrics = Metrics::new(SERVICE, &resource);
    let text = String::from_utf8(metrics.expose(Format::Text)).unwrap();
    let line = text
        .split('\n')
        .find(|line| line.starts_with("target_info{"));
    line.unwrap().to_owned()
}

fn own(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let pairs = pairs.iter();
    pairs
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}

/// Reads `name{label="value",...} 1` as strictly as Prometheus does.
fn labels(line: &str) -> Result<BTreeMap<String, String>, String> {
    let mut rest = line.strip_prefix("target_info{").ok_or("no name")?;
    let mut labels = BTreeMap::new();
    loop {
        let (name, after) = rest.split_once("=\"").ok_or("no =")?;
        let is_letter = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
        let is_valid = name.bytes().next().is_some_and(is_letter)
            && name
                .bytes()
                .all(|byte| is_letter(byte) || byte.is_ascii_digit())
            && !name.starts_with("__");
        if !is_valid {
            return Err(format!("label `{name}`"));
        }
        let mut value = String::new();
        let mut characters = after.char_indices();
        let end = loop {
            match characters.next().ok_or("unclosed")? {
                (at, '"') => break at,
                (_, '\\') => match characters.next().ok_or("unclosed")?.1 {
                    'n' => value.push('\n'),
                    escaped @ ('\\' | '"') => value.push(escaped),
                    other => return Err(format!("escape {other}")),
                },
                (_, '\n' | '\0') => return Err("a character that ends the scrape".to_owned()),
                (_, other) => value.push(other),
            }
        };
        if labels.insert(name.to_owned(), value).is_some() {
            return Err(format!("label `{name}` twice"));
        }
        rest = &after[end + 1..];
        match rest.strip_prefix(',') {
            Some(next) => rest = next,
            None if rest == "} 1" => return Ok(labels),
            None => return Err(format!("after a value: {rest}")),
        }
    }
}

#[test]
fn the_sdk_is_named() {
    let line = target_info(&[]);
    let labels = labels(&line).unwrap();
    assert_eq!(labels["telemetry_sdk_name"], "opentelemetry");
    assert_eq!(labels["telemetry_sdk_language"], "rust");
    assert!(!labels["telemetry_sdk_version"].is_empty());
}

#[test]
fn keys_that_become_the_same_label_are_joined_and_the_instance_id_is_kept() {
    let given = own(&[
        ("a.b", "1"),
        ("a_b", "2"),
        ("service.instance.id", "me"),
        ("service_instance_id", "other"),
    ]);
    let labels = labels(&target_info(&given)).unwrap();
    assert_eq!(labels["a_b"], "1;2");
    assert_eq!(labels["service_instance_id"], "me");
}

proptest! {
    #[test]
    fn any_attribute_makes_a_target_info_that_prometheus_takes(
        given in proptest::collection::vec((".+", "[^\0]*"), 0..5),
    ) {
        let line = target_info(&given);
        let labels = labels(&line);
        prop_assert!(labels.is_ok(), "{:?}: {line}", labels);
    }
}

/// Ends the threads, also where an assertion fails.
struct Ends<'a>(&'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Relaxed);
    }
}

/// The histograms `took` of a reading.
fn histograms(families: &[Family]) -> Vec<&Histogram> {
    let found = families.iter().find(|family| family.name == "took_seconds");
    let series = found.into_iter().flat_map(|family| &family.series);
    series.filter_map(Series::histogram).collect()
}

#[test]
fn a_reading_is_whole_however_much_is_recorded_meanwhile() {
    let metrics = Metrics::new(SERVICE, &new(SERVICE, &[]));
    let took = metrics.recorder().durations("took", "", vec![0.001, 0.01]);
    let series = [0, 1].map(|n| took.bind(&[KeyValue::new("n", n)]));
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        for (n, series) in (1..=4_u64).zip(series.iter().cycle()) {
            let over = &over;
            scope.spawn(move || {
                let mut nanos = 0;
                while !over.load(Relaxed) {
                    nanos = (nanos + 7_919 * n) % 20_000_000;
                    let span = TraceContext {
                        trace_id: nanos.into(),
                        parent_id: n,
                    };
                    series.record(Duration::from_nanos(nanos), Some(span));
                }
            });
        }
        let _ends_them = Ends(&over);
        let mut last = 0;
        while last < 100_000 {
            let families = metrics.gather(Format::Protobuf);
            for histogram in histograms(&families) {
                let native = histogram.native.as_ref().unwrap();
                assert_eq!(native.count(), histogram.count);
                let mut below = 0;
                let ends = histogram.buckets.iter().map(|(_, count)| *count);
                for (upto, exemplar) in ends.chain([histogram.count]).zip(&histogram.exemplars) {
                    assert!(upto > below || exemplar.is_none(), "an exemplar of nothing");
                    below = upto;
                }
            }
            last = histograms(&families)
                .iter()
                .map(|histogram| histogram.count)
                .sum();
        }
    });
}
