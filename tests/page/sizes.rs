//! The page fits into the window, from a phone to a projector.

use serde_json::{Value, json};

use crate::{page::Page, parts::Service};

/// What sticks out: of the page at its right, of the chart at any side.
const OUTSIDE: &str = "const { scrollWidth, clientWidth } = document.documentElement;
    const chart = document.querySelector('#chart').getBoundingClientRect();
    const outside = [...document.querySelectorAll('#chart text')].filter((one) => {
        const { left, right, top, bottom } = one.getBoundingClientRect();
        return left < chart.left - 1 || right > chart.right + 1 || top < chart.top - 1 || bottom > chart.bottom + 1;
    });
    const widest = [...document.querySelectorAll('body *')].filter((one) => one.getBoundingClientRect().right > clientWidth
        && !one.closest('.scroll *'));
    return [...(scrollWidth > clientWidth ? [`the page is ${scrollWidth} wide: ${widest.map((one) => one.outerHTML.slice(0, 80))}`] : []), ...outside.map((one) => one.textContent)];";

#[test]
fn nothing_sticks_out_of_the_window_or_of_the_chart() {
    let flags = [
        "--delay",
        "uniform(0s,20ms)",
        "--buckets",
        "0.005,0.01,0.025",
    ];
    let service = Service::start::<&str>(&flags, &[]);
    let Some(page) = Page::open(&service.url(), "") else {
        return;
    };
    let mut all = Vec::new();
    // The second ones are above the highest bound.
    for path in ["/images", "/images?delay=constant(40ms)"] {
        for _ in 0..120 {
            service.get(path);
        }
        page.reads_again();
        for (view, q) in [("", 0.5), ("", 0.99), ("lecture", 0.5), ("lecture", 0.99)] {
            page.browser
                .value(&format!("location.hash = 'view={view}&q={q}'"));
            for width in [320, 390, 700, 1366, 1920] {
                page.has_size(width, 800);
                page.is_drawn();
                let outside = page.browser.run(OUTSIDE, Value::Null);
                if outside != json!([]) {
                    all.push(format!("{path} {view} p{q} {width}: {outside}"));
                }
            }
        }
    }
    assert!(all.is_empty(), "{all:#?}");
    page.is_clean(&[]);
}
