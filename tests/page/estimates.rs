//! What the table says of the requests equals what the crate computes from the same scrape.

use std::collections::BTreeMap;

use httpserver::{
    buckets::{Buckets, NativeHistogram, Schema, quantile},
    exposition::Format,
};
use serde_json::{Value, json};

use crate::{
    numbers::{computed, float, is_near},
    page::{PERCENTILES, Page},
    parts::{Service, escaped},
};

/// Each layout of the menu but those that are not of classic buckets.
const LAYOUTS: [&str; 5] = [
    "own",
    "exponential(0.001,2,15)",
    "semconv",
    "5,10,25,50,75,100,250,500,750,1000,2500,5000,7500,10000",
    "linear(0.1,0.1,20)",
];

#[test]
fn the_estimate_of_own_buckets_is_the_quantile_of_the_exposed_counts() {
    let Some((service, page)) = after_requests(&["--delay", "uniform(0s,40ms)"], 300) else {
        return;
    };
    let (bounds, cumulative) = exposed(&service);
    assert_eq!(cumulative.last(), Some(&300.0));
    for q in PERCENTILES {
        let expected = quantile(q, &bounds, &cumulative);
        assert_eq!(page.cell(q, "classic"), expected, "{q}");
        let (low, high) = (
            page.cell_of(q, "range", "low"),
            page.cell_of(q, "range", "high"),
        );
        assert!(
            low <= expected && expected <= high,
            "{q}: {low} {expected} {high}"
        );
        assert!(
            low == 0.0 || bounds.contains(&low),
            "{q}: {low} is no bound"
        );
        assert!(bounds.contains(&high), "{q}: {high} is no bound");
    }
    page.is_clean(&[]);
}

#[test]
fn the_native_estimate_is_the_quantile_of_the_exposed_native_histogram() {
    let Some((_service, page)) = after_requests(&["--delay", "uniform(0s,40ms)"], 300) else {
        return;
    };
    let histogram = native(&page);
    for layout in ["own", "native"] {
        page.choose("#layout", layout);
        page.reads_again();
        for q in PERCENTILES {
            let (found, expected) = (page.cell(q, "native"), histogram.quantile(q));
            assert!(
                is_near(found, expected, 1e-12),
                "{layout} {q}: {found}, not {expected}"
            );
        }
    }
    page.is_clean(&[]);
}

#[test]
fn through_other_buckets_the_estimate_is_what_the_truth_foretells() {
    // No bound of any layout is less than 50 ms above the delay: neither chance nor a busy machine plays a part.
    let Some((service, page)) = after_requests(&["--delay", "constant(150ms)"], 200) else {
        return;
    };
    for layout in LAYOUTS {
        page.choose("#layout", layout);
        foretold(&page, &service, if layout == "own" { "" } else { layout });
    }
    page.choose("#layout", "custom");
    page.browser.fill("#layout-custom", "0.1,0.4\u{e006}"); // Return
    foretold(&page, &service, "0.1,0.4");
    page.is_clean(&[]);
}

#[test]
fn the_requests_of_the_page_are_counted_exactly_in_other_buckets() {
    let service = Service::start::<&str>(&["--delay", "uniform(1ms,30ms)"], &[]);
    let Some(page) = Page::open(&service.url(), "#layout=linear(0.1,0.1,20)") else {
        return;
    };
    page.toggle_load();
    page.browser
        .until("+document.querySelector('#load-sent').textContent > 11");
    page.toggle_load();
    page.browser
        .until("document.querySelector('[data-fact=in_flight]').textContent === '0'");
    page.reads_again();
    let sent: f64 = page.text("#load-sent").parse().unwrap();
    let expected = quantile(0.9, &[0.1, 0.2], &[sent, sent, sent]);
    assert!(
        is_near(page.cell(0.9, "classic"), expected, 1e-12),
        "{} not {expected}",
        page.cell(0.9, "classic")
    );
    let real = page.cell(0.999, "real");
    let sum = service.metric("cloudnative_execution_latency_seconds_sum{step=\"total\"");
    assert!(
        real * sent >= sum,
        "the longest of {sent} requests, {real} s, is above their mean"
    );
    page.is_clean(&[]);
}

#[test]
fn wrong_buckets_are_refused_in_the_words_of_the_server() {
    let Some((service, page)) = after_requests(&["--delay", "constant(150ms)"], 20) else {
        return;
    };
    page.choose("#layout", "custom");
    for wrong in ["3,2,1", "<img src=x onerror=alert(1)>"] {
        page.browser
            .fill("#layout-custom", &format!("{wrong}\u{e006}"));
        page.browser
            .until("document.querySelector('#layout-error').textContent");
        let answer = service.get(&format!("/truth?buckets={}", escaped(wrong)));
        assert_eq!(answer.status, 400);
        assert_eq!(page.text("#layout-error"), answer.body.trim());
        let sentence = page.text("#sentence");
        assert!(
            sentence.contains("with these buckets"),
            "until then its own are shown: {sentence}"
        );
    }
    page.choose("#layout", "semconv");
    foretold(&page, &service, "semconv");
    assert_eq!(page.text("#layout-error"), "");
    page.is_clean(&["400"]);
}

/// Compares the estimates with those that `/truth` has for these buckets.
fn foretold(page: &Page, service: &Service, buckets: &str) {
    let query = if buckets.is_empty() {
        String::new()
    } else {
        format!("?buckets={}", escaped(buckets))
    };
    let truth = service.get(&format!("/truth{query}")).json();
    let bounds: Buckets = if buckets.is_empty() {
        Buckets::default()
    } else {
        buckets.parse().unwrap()
    };
    page.reads_again();
    for q in [0.5, 0.9, 0.95] {
        let all = truth["quantiles"].as_array().unwrap();
        let known = all.iter().find(|known| known["q"] == q).unwrap();
        let expected = known["reported_seconds"].as_f64().unwrap();
        let found = page.cell(q, "classic");
        assert!(
            is_near(found, expected, 0.03),
            "{buckets} {q}: {found}, not {expected}"
        );
        assert_eq!(page.cell(q, "truth"), known["seconds"].as_f64().unwrap());
        let high = page.cell_of(q, "range", "high");
        assert_eq!(high, bounds.bounds()[bounds.index(0.15)], "{buckets} {q}");
    }
}

/// A service that has answered so many requests, and its page.
fn after_requests(flags: &[&str], count: usize) -> Option<(Service, Page)> {
    let service = Service::start::<&str>(flags, &[]);
    let page = Page::open(&service.url(), "")?;
    std::thread::scope(|scope| {
        for _ in 0..20 {
            scope.spawn(|| {
                for _ in 0..count / 20 {
                    assert_eq!(service.get("/images").status, 200);
                }
            });
        }
    });
    page.reads_again();
    Some((service, page))
}

/// The bounds and the counts of the latency, from the text format.
fn exposed(service: &Service) -> (Vec<f64>, Vec<f64>) {
    let metrics = service.metrics();
    let begin = "cloudnative_execution_latency_seconds_bucket{step=\"total\"";
    let buckets = metrics
        .lines()
        .filter(|line| line.starts_with(begin))
        .map(|line| {
            let (labels, count) = line.rsplit_once(' ').unwrap();
            let bound = labels
                .split("le=\"")
                .nth(1)
                .unwrap()
                .split('"')
                .next()
                .unwrap();
            (bound.parse::<f64>().unwrap(), count.parse::<f64>().unwrap())
        });
    let (mut bounds, cumulative): (Vec<_>, Vec<_>) = buckets.unzip();
    assert_eq!(bounds.pop(), Some(f64::INFINITY));
    (bounds, cumulative)
}

/// The native histogram of the latency.
fn native(page: &Page) -> NativeHistogram {
    let body = "const { parse } = await import(at('page/protobuf.js'));
        const answer = await fetch(at('metrics'), { headers: { accept: given } });
        const all = plain(parse(await answer.arrayBuffer())).cloudnative_execution_latency_seconds.series;
        return all.find(({ labels }) => labels.step === 'total').histogram.native;";
    let found = computed(&page.browser, body, &json!(Format::Protobuf.content_type()));
    let index = |value: &Value| format!("{}", float(value)).parse::<i32>().unwrap();
    let buckets = found["buckets"].as_array().unwrap().iter();
    NativeHistogram {
        schema: Schema::new(index(&found["schema"])).unwrap(),
        zero: float(&found["zero"]),
        buckets: buckets
            .map(|pair| (index(&pair[0]), float(&pair[1])))
            .collect::<BTreeMap<_, _>>(),
    }
}
