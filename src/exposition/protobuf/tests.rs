//! What a library reads from the messages is what went in.

use std::time::{Duration, UNIX_EPOCH};

use bytes::Buf;
use proptest::prelude::*;
use prost::Message;

use super::{message::MetricFamily, *};

fn label() -> impl Strategy<Value = (String, String)> {
    ("[a-z_]{1,9}", any::<String>())
}

fn time() -> impl Strategy<Value = SystemTime> {
    (0..u64::from(u32::MAX), 0..1_000_000_000_u32)
        .prop_map(|(seconds, nanos)| UNIX_EPOCH + Duration::new(seconds, nanos))
}

fn exemplar() -> impl Strategy<Value = Exemplar> {
    (any::<u128>(), any::<u64>(), any::<f64>(), time()).prop_map(
        |(trace_id, span_id, value, time)| Exemplar {
            trace_id,
            span_id,
            value,
            time,
        },
    )
}

fn native() -> impl Strategy<Value = Native> {
    let spans = || {
        (-2000..2000, prop::collection::vec(0..9_u64, 0..40))
            .prop_map(|(start, counts)| Span::split(start, &counts))
    };
    (-4..=8, any::<u32>(), spans(), spans()).prop_map(|(schema, zero, positive, negative)| Native {
        schema,
        zero_count: zero.into(),
        positive,
        negative,
    })
}

fn histogram() -> impl Strategy<Value = Histogram> {
    let buckets = prop::collection::vec((any::<f64>(), any::<u64>()), 0..20);
    let exemplars = prop::collection::vec(prop::option::of(exemplar()), 0..21);
    let native = prop::option::of(native());
    (any::<u64>(), any::<f64>(), buckets, exemplars, native).prop_map(
        |(count, sum, buckets, exemplars, native)| Histogram {
            count,
            sum,
            buckets,
            exemplars,
            native,
        },
    )
}

fn family() -> impl Strategy<Value = Family> {
    let kind = prop_oneof![
        Just(Kind::Counter),
        Just(Kind::Gauge),
        Just(Kind::Histogram)
    ];
    let series = (
        prop::collection::vec(label(), 0..4),
        any::<f64>(),
        histogram(),
        prop::option::of(time()),
    );
    let series = prop::collection::vec(series, 0..5);
    ("[a-z_]{1,20}", any::<String>(), kind, series).prop_map(|(name, help, kind, all)| Family {
        name,
        help,
        kind,
        series: all
            .into_iter()
            .map(|(labels, number, histogram, created)| Series {
                labels,
                value: match kind {
                    Kind::Histogram => Value::Histogram(histogram),
                    Kind::Counter | Kind::Gauge => Value::Number(number),
                },
                created: created.filter(|_| kind != Kind::Gauge),
            })
            .collect(),
    })
}

/// The spans that deltas and distances stand for.
fn spans(read: &[message::BucketSpan], deltas: &[i64]) -> Vec<Span> {
    let (mut end, mut count, mut deltas) = (0, 0, deltas.iter());
    let mut span = |read: &message::BucketSpan| {
        let start = end + read.offset;
        end = start + i32::try_from(read.length).unwrap();
        let counts = deltas.by_ref().take(read.length as usize).map(|delta| {
            count += delta;
            u64::try_from(count).unwrap()
        });
        Span {
            start,
            counts: counts.collect(),
        }
    };
    read.iter().map(&mut span).collect()
}

fn exemplar_of(read: &message::Exemplar) -> Exemplar {
    let ids: Vec<_> = read
        .label
        .iter()
        .map(|label| label.value.as_str())
        .collect();
    let names: Vec<_> = read.label.iter().map(|label| label.name.as_str()).collect();
    assert_eq!(names, ["trace_id", "span_id"]);
    Exemplar {
        trace_id: u128::from_str_radix(ids[0], 16).unwrap(),
        span_id: u64::from_str_radix(ids[1], 16).unwrap(),
        value: read.value,
        time: time_of(read.timestamp.as_ref().unwrap()),
    }
}

fn time_of(read: &message::Timestamp) -> SystemTime {
    UNIX_EPOCH + Duration::new(read.seconds.cast_unsigned(), read.nanos.cast_unsigned())
}

fn check_histogram(read: &message::Histogram, written: &Histogram) {
    assert_eq!(
        (read.sample_count, read.sample_sum),
        (written.count, written.sum)
    );
    let last = (f64::INFINITY, written.count);
    let buckets: Vec<_> = read
        .bucket
        .iter()
        .map(|b| (b.upper_bound, b.cumulative_count))
        .collect();
    assert_eq!(buckets, [&written.buckets[..], &[last]].concat());
    for (index, bucket) in read.bucket.iter().enumerate() {
        let expected = written.exemplars.get(index).copied().flatten();
        assert_eq!(bucket.exemplar.as_ref().map(exemplar_of), expected);
    }
    let Some(native) = &written.native else {
        assert!(read.positive_span.is_empty() && read.exemplars.is_empty());
        return;
    };
    assert_eq!(
        (read.schema, read.zero_count),
        (native.schema, native.zero_count)
    );
    assert_eq!(
        spans(&read.negative_span, &read.negative_delta),
        native.negative
    );
    let positive = spans(&read.positive_span, &read.positive_delta);
    if native.count() == 0 {
        assert_eq!(read.positive_span, [message::BucketSpan::default()]);
    } else {
        assert_eq!(positive, native.positive);
    }
    let mut latest: Vec<_> = written.exemplars.iter().flatten().copied().collect();
    latest.sort_by_key(|exemplar| exemplar.time);
    let latest = &latest[latest.len().saturating_sub(NATIVE_EXEMPLARS)..];
    assert_eq!(
        read.exemplars.iter().map(exemplar_of).collect::<Vec<_>>(),
        latest
    );
}

proptest! {
    #[test]
    fn a_library_reads_what_was_written(families in prop::collection::vec(family(), 0..4)) {
        let written = write(&families);
        let mut rest = &written[..];
        for family in &families {
            let read = MetricFamily::decode_length_delimited(&mut rest).unwrap();
            prop_assert_eq!((&read.name, &read.help), (&family.name, &family.help));
            prop_assert_eq!(read.unit, family.unit().unwrap_or_default());
            prop_assert_eq!(read.metric.len(), family.series.len());
            for (read, series) in read.metric.iter().zip(&family.series) {
                let labels: Vec<_> = read.label.iter().map(|l| (l.name.clone(), l.value.clone())).collect();
                prop_assert_eq!(&labels, &series.labels);
                let (number, created) = match (&read.counter, &read.gauge, &read.histogram) {
                    (Some(counter), None, None) => (Some(counter.value), &counter.created),
                    (None, Some(gauge), None) => (Some(gauge.value), &None),
                    (None, None, Some(histogram)) => {
                        check_histogram(histogram, series.histogram().unwrap());
                        (None, &histogram.created)
                    }
                    _ => panic!("{read:?}"),
                };
                prop_assert_eq!(number, series.number());
                prop_assert_eq!(created.as_ref().map(time_of), series.created);
            }
        }
        prop_assert!(!rest.has_remaining());
    }
}
