//! What the page shows once it is opened.

use serde_json::{Value, json};

use crate::{
    page::{PERCENTILES, Page},
    parts::Service,
};

/// Whether the first question is asked while the scripts are run, not after a pause; and how many come before the first scrape.
const FIRST: &str = "const [{ domContentLoadedEventStart }] = performance.getEntriesByType('navigation');
    const of = (path) => performance.getEntriesByType('resource').filter(({ name }) => new URL(name).pathname === path);
    const [truth, metrics] = [of('/truth'), of('/metrics')];
    const before = (end) => truth.filter(({ startTime }) => startTime <= end).length;
    return [before(domContentLoadedEventStart), before(metrics[0].startTime)];";

#[test]
fn there_is_data_soon_after_opening() {
    let service = Service::start::<&str>(&[], &[]);
    let Some(page) = Page::open(&service.url(), "") else {
        return;
    };
    let first = page.browser.run(FIRST, Value::Null);
    assert_eq!(first, json!([1, 1]));
    page.is_clean(&[]);
}

#[test]
fn the_truth_is_that_of_the_service() {
    let service = Service::start::<&str>(&["--delay", "lognormal(p50=200ms,p99=1.5s)"], &[]);
    let Some(page) = Page::open(&service.url(), "") else {
        return;
    };
    let truth = service.get("/truth").json();
    for q in PERCENTILES {
        let known = truth["quantiles"]
            .as_array()
            .unwrap()
            .iter()
            .find(|known| known["q"] == q);
        let seconds = known.unwrap()["seconds"].as_f64().unwrap();
        assert_eq!(page.cell(q, "truth"), seconds, "{q}");
        assert!(
            shows(&page.shown(q, "truth"), seconds),
            "{q}: {} for {seconds}",
            page.shown(q, "truth")
        );
    }
    let sentence = page.text("#sentence");
    assert!(sentence.contains("p99 is 1.50 s"), "{sentence}");
    let whole = page.browser.value("document.body.textContent");
    assert!(
        whole
            .as_str()
            .unwrap()
            .contains("lognormal(p50=200ms,p99=1.5s)"),
        "{whole}"
    );
    page.is_clean(&[]);
}

/// Whether a text is this number, rounded as it is shown.
fn shows(text: &str, seconds: f64) -> bool {
    let (digits, unit) = text.split_once(char::is_whitespace).unwrap();
    let unit = match unit {
        "s" => 1.0,
        "ms" => 1e-3,
        "µs" => 1e-6,
        unit => panic!("unit {unit}"),
    };
    let places = digits.split_once('.').map_or(0, |(_, places)| places.len());
    format!("{:.places$}", seconds / unit) == digits
}
