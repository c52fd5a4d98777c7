//! The page reads expositions as the service writes them, in each format.

use std::time::{Duration, UNIX_EPOCH};

use httpserver::exposition::{
    Exemplar, Family, Format, Histogram, Kind, Native, Series, Span, Value as Read,
};
use serde_json::{Map, Value, json};

use crate::{
    browser::Browser,
    numbers::{computed, exact, float, number},
    parts::Service,
};

const FORMATS: [Format; 3] = [Format::Text, Format::OpenMetrics, Format::Protobuf];

/// Labels that a parser may split at the wrong place, or take for HTML or for a property of every object.
const LABELS: [(&str, &str); 5] = [
    ("__proto__", "x"),
    ("braces", "{a=\"b\"} , # "),
    ("constructor", "<img src=x onerror=alert(1)>"),
    ("slashes", "\\n \n \\\\ \\"),
    ("unicode", "é日🦀"),
];

#[test]
fn each_format_is_read_as_it_was_written() {
    let Some(browser) = Browser::start() else {
        return;
    };
    let service = Service::start::<&str>(&[], &[]);
    browser.open(&service.url());
    let families = families();
    for format in FORMATS {
        let found = parsed(&browser, format, &format.write(&families));
        assert_eq!(found, Value::Object(plain(&families, format)), "{format:?}");
    }
    for format in FORMATS {
        assert_eq!(parsed(&browser, format, b""), json!({}), "{format:?}");
    }
}

#[test]
fn an_idle_service_has_the_same_numbers_in_each_format() {
    let Some(browser) = Browser::start() else {
        return;
    };
    let service = Service::start::<&str>(&["--delay", "constant(1ms)"], &[]);
    for _ in 0..40 {
        service.get("/images");
    }
    browser.open(&service.url());
    let body = "const answer = await fetch(at('metrics'), { headers: { accept: given } });
        const [text, protobuf] = [await import(at('page/exposition.js')), await import(at('page/protobuf.js'))];
        const isText = !answer.headers.get('content-type').includes('protobuf');
        return plain(isText ? text.parse(await answer.text()) : protobuf.parse(await answer.arrayBuffer()));";
    let read = |format: Format| computed(&browser, body, &json!(format.content_type()));
    let [text, open, protobuf] = FORMATS.map(|format| comparable(read(format)));
    assert_eq!(text, open);
    assert_eq!(text, protobuf);
    let latency = &text["cloudnative_execution_latency_seconds"]["series"];
    let total = |series: &&Value| series["labels"]["step"] == "total";
    let total = latency.as_array().unwrap().iter().find(total).unwrap();
    assert_eq!(float(&total["histogram"]["count"]), 40.0);
    let sum = service.metric("cloudnative_execution_latency_seconds_sum{step=\"total\"");
    assert_eq!(float(&total["histogram"]["sum"]), sum);
}

/// What the page reads from these bytes.
pub(crate) fn parsed(browser: &Browser, format: Format, bytes: &[u8]) -> Value {
    let body = "const bytes = new Uint8Array(given.bytes);
        const { parse } = await import(at(given.from));
        try {
            const readable = /protobuf/.test(given.from) ? bytes.buffer : new TextDecoder().decode(bytes);
            return plain(parse(readable));
        } catch (error) {
            return error instanceof Error ? { error: error.message } : { thrown: String(error) };
        }";
    let from = if format == Format::Protobuf {
        "page/protobuf.js"
    } else {
        "page/exposition.js"
    };
    computed(browser, body, &json!({"from": from, "bytes": bytes}))
}

/// Without what changes from one scrape to the next, and what not every format has.
fn comparable(mut families: Value) -> Value {
    let all = families.as_object_mut().unwrap();
    all.retain(|name, _| !name.starts_with("process_") && !name.contains("scrape"));
    let series = all
        .values_mut()
        .flat_map(|family| family["series"].as_array_mut().unwrap());
    for histogram in series.filter_map(|series| series.get_mut("histogram")) {
        histogram["exemplars"].take();
        histogram["native"].take();
    }
    families
}

fn plain(families: &[Family], format: Format) -> Map<String, Value> {
    let plain = |family: &Family| {
        let kind = match family.kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        };
        let series: Vec<_> = family
            .series
            .iter()
            .map(|series| plain_series(series, format))
            .collect();
        (family.name.clone(), json!({"kind": kind, "series": series}))
    };
    families.iter().map(plain).collect()
}

fn plain_series(series: &Series, format: Format) -> Value {
    let labels: Map<_, _> = series
        .labels
        .iter()
        .map(|(name, value)| (name.clone(), json!(value)))
        .collect();
    match &series.value {
        Read::Number(value) => json!({"labels": labels, "value": number(*value)}),
        Read::Histogram(histogram) => {
            json!({"labels": labels, "histogram": plain_histogram(histogram, format)})
        }
    }
}

fn plain_histogram(histogram: &Histogram, format: Format) -> Value {
    let (bounds, mut cumulative): (Vec<_>, Vec<_>) = histogram.buckets.iter().copied().unzip();
    cumulative.push(histogram.count);
    let exemplars = histogram
        .exemplars
        .iter()
        .flatten()
        .filter(|_| format != Format::Text);
    let native = histogram
        .native
        .as_ref()
        .filter(|_| format == Format::Protobuf);
    let mut plain = exact(&json!({
        "count": histogram.count, "bounds": bounds, "cumulative": cumulative,
        "exemplars": exemplars.map(plain_exemplar).collect::<Vec<_>>(), "native": native.map(plain_native),
    }));
    plain["sum"] = number(histogram.sum);
    plain
}

fn plain_exemplar(exemplar: &Exemplar) -> Value {
    let labels = json!({"trace_id": format!("{:032x}", exemplar.trace_id), "span_id": format!("{:016x}", exemplar.span_id)});
    let time = exemplar
        .time
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs_f64();
    json!({"labels": labels, "value": number(exemplar.value), "time": number(time)})
}

fn plain_native(native: &Native) -> Value {
    let indexed = |span: &Span| (span.start..).zip(span.counts.clone()).collect::<Vec<_>>();
    let buckets = native
        .positive
        .iter()
        .flat_map(indexed)
        .filter(|(_, count)| *count > 0);
    json!({"schema": native.schema, "zero": native.zero_count, "buckets": buckets.collect::<Vec<_>>()})
}

fn families() -> Vec<Family> {
    let family = |name: &str, kind, series| Family {
        name: name.to_owned(),
        help: "A \"help\" \\ text\n# EOF".to_owned(),
        kind,
        series,
    };
    let created = Some(UNIX_EPOCH + Duration::from_millis(1_690_000_000_250));
    let series = |labels: &[(&str, &str)], value, created| {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Series {
            labels: labels.iter().map(owned).collect(),
            value,
            created,
        }
    };
    let numbers = [
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        5e-324,
        f64::MAX,
        -0.25,
        9_007_199_254_740_991.0,
        0.1 + 0.2,
    ];
    let gauges =
        numbers.map(|number| series(&[("of", &number.to_string())], Read::Number(number), None));
    vec![
        family(
            "a_histogram_seconds",
            Kind::Histogram,
            vec![
                series(&LABELS, Read::Histogram(full()), created),
                series(&[], Read::Histogram(empty()), created),
            ],
        ),
        family(
            "b_requests_total",
            Kind::Counter,
            vec![
                series(&LABELS, Read::Number(12.0), created),
                series(&[], Read::Number(0.0), None),
            ],
        ),
        family("c_gauge", Kind::Gauge, gauges.into()),
        family("d_without_series", Kind::Gauge, vec![]),
    ]
    .into_iter()
    .filter(|family| !family.series.is_empty())
    .collect()
}

fn full() -> Histogram {
    let exemplar = |value, millis| Exemplar {
        trace_id: 0xab_cdef,
        span_id: 0x12,
        value,
        time: UNIX_EPOCH + Duration::from_millis(millis),
    };
    let span = |start, counts: &[u64]| Span {
        start,
        counts: counts.to_vec(),
    };
    Histogram {
        count: 1 << 40,
        sum: 0.1 + 0.2,
        buckets: vec![(1e-5, 0), (0.1, 3), (0.5, 3), (1e6, 1 << 39)],
        exemplars: vec![
            None,
            Some(exemplar(0.0625, 1_700_000_000_125)),
            None,
            None,
            Some(exemplar(1e9, 0)),
        ],
        native: Some(Native {
            schema: -1,
            zero_count: 7,
            positive: vec![
                span(-1074, &[1]),
                span(-3, &[1 << 39, 0, 2]),
                span(300, &[5, 1 << 40]),
            ],
            negative: vec![],
        }),
    }
}

fn empty() -> Histogram {
    let native = Native {
        schema: 8,
        ..Native::default()
    };
    Histogram {
        buckets: vec![(0.5, 0), (1.0, 0)],
        native: Some(native),
        ..Histogram::default()
    }
}
