//! What the page shows once it is opened.

use serde_json::Value;

use crate::{
    page::{PERCENTILES, Page},
    parts::Service,
};

#[test]
fn there_is_data_soon_after_opening() {
    let service = Service::start::<&str>(&[], &[]);
    let Some(page) = Page::open(&service.url(), "") else {
        return;
    };
    // Measured in the page, from the start of the navigation.
    let watch = "const [root, since] = [document.documentElement, performance.now()];
        return root.dataset.readings > 0 ? since : null;";
    let opened = page.browser.run(watch, Value::Null).as_f64().unwrap();
    let first = page.browser.value("performance.getEntriesByType('resource').find(({ name }) => name.endsWith('/metrics')).responseEnd");
    let first = first.as_f64().unwrap();
    println!("first scrape after {first:.0} ms, shown before {opened:.0} ms");
    assert!(first < 3_000.0, "the first scrape took {first} ms");
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
