//! What the table says of the requests equals what the crate computes from the same scrape.

use std::{cell::Cell, collections::BTreeMap, thread, time::Duration};

use httpserver::{
    buckets::{Buckets, NativeHistogram, Schema, quantile},
    contract::ServerTiming,
    exposition::Format,
};
use serde_json::{Value, json};

use crate::{
    numbers::{computed, float, is_near},
    page::{PERCENTILES, Page},
    parts::{Answer, Service, escaped, until_or},
};

/// Each layout of the menu but those that are not of classic buckets.
const LAYOUTS: [&str; 5] = [
    "own",
    "exponential(0.001,2,15)",
    "semconv",
    "5,10,25,50,75,100,250,500,750,1000,2500,5000,7500,10000",
    "linear(0.1,0.1,20)",
];

/// A delay in seconds; the least bound of a layout that is above it is 0.4.
const PUNCTUAL: f64 = 0.305;

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
            "{q}: {low} is not a bound"
        );
        assert!(bounds.contains(&high), "{q}: {high} is not a bound");
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
        page.is_through(layout);
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
    let Some((service, page)) = after_punctual_requests() else {
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
    let flags = ["--access-log", "--log-format", "json", "--delay"];
    let service = Service::start::<&str>(&[&flags[..], &["uniform(1ms,30ms)"]].concat(), &[]);
    let layout = "linear(0.1,0.1,20)";
    let Some(page) = Page::open(&service.url(), &format!("#layout={layout}")) else {
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
    let totals = until_or(
        || Some(logged(&service)).filter(|totals| totals.len() as f64 == sent),
        || format!("{sent} requests: {:?}", logged(&service)),
    );
    let layout: Buckets = layout.parse().unwrap();
    let up_to = |bound: &f64| totals.iter().filter(|total| **total <= *bound).count() as f64;
    let cumulative: Vec<_> = layout.bounds().iter().map(up_to).chain([sent]).collect();
    let expected = quantile(0.9, layout.bounds(), &cumulative);
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
    let Some((service, page)) = after_punctual_requests() else {
        return;
    };
    page.choose("#layout", "custom");
    for wrong in ["3,2,1", "<img src=x onerror=alert(1)>"] {
        page.browser
            .fill("#layout-custom", &format!("{wrong}\u{e006}"));
        let answer = service.get(&format!("/truth?buckets={}", escaped(wrong)));
        assert_eq!(answer.status, 400);
        let words = json!(answer.body.trim());
        page.browser.until(&format!(
            "document.querySelector('#layout-error').textContent === {words}"
        ));
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
    page.is_through(if buckets.is_empty() { "own" } else { buckets });
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
        assert_eq!(
            high,
            bounds.bounds()[bounds.index(PUNCTUAL)],
            "{buckets} {q}"
        );
    }
}

/// A service that has answered so many requests, and its page.
fn after_requests(flags: &[&str], count: usize) -> Option<(Service, Page)> {
    let service = Service::start::<&str>(flags, &[]);
    let page = Page::open(&service.url(), "")?;
    requests(&service, count);
    page.reads_again();
    Some((service, page))
}

/// A service of one delay, and its page, after so many requests that chance plays no part, and those that were late on a
/// busy machine are few: they were measured above the least bound of a layout that is above the delay.
fn after_punctual_requests() -> Option<(Service, Page)> {
    let is_late = |answer: &&Answer| {
        let timing: ServerTiming = answer.header("server-timing").parse().unwrap();
        timing.total > Some(Duration::from_millis(400))
    };
    let delay = format!("constant({PUNCTUAL}s)");
    let (service, page) = after_requests(&["--delay", &delay], 0)?;
    let (sent, late) = (Cell::new(0), Cell::new(0));
    let are_few_late = || {
        let answers = requests(&service, 100);
        sent.set(sent.get() + answers.len());
        late.set(late.get() + answers.iter().filter(is_late).count());
        (late.get() * 40 < sent.get()).then_some(())
    };
    until_or(are_few_late, || {
        format!("{} of {} were late", late.get(), sent.get())
    });
    page.reads_again();
    Some((service, page))
}

/// The seconds that each request to `/images` took, from the access log.
fn logged(service: &Service) -> Vec<f64> {
    let lines = service.process.lines().into_iter();
    let lines = lines.map(|line| serde_json::from_str::<Value>(&line).unwrap());
    lines
        .filter(|line| line["http.route"] == "/images")
        .map(|line| line["http.server.request.duration_seconds"].as_f64())
        .collect::<Option<_>>()
        .unwrap()
}

/// So many answers.
fn requests(service: &Service, count: usize) -> Vec<Answer> {
    let some = || (0..count / 10).map(|_| service.get("/images"));
    thread::scope(|scope| {
        let threads = [(); 10].map(|()| scope.spawn(|| some().collect::<Vec<_>>()));
        let answers = threads.into_iter().flat_map(|it| it.join().unwrap());
        answers
            .inspect(|answer| assert_eq!(answer.status, 200))
            .collect()
    })
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
