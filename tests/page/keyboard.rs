//! The page is used by keyboard alone.

use std::collections::BTreeSet;

use fantoccini::key::Key;
use serde_json::Value;

use crate::{page::Page, parts::Service};

/// Gives each control that is shown a number, and returns how many there are. Of the radio buttons of a group one is in the
/// order of Tab.
const CONTROLS: &str = "const all = [...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex]')];
    const shown = all.filter((one) => one.checkVisibility() && !one.disabled && one.tabIndex >= 0
        && (one.type !== 'radio' || one.checked));
    shown.forEach((one, at) => (one.dataset.control = at));
    return shown.length;";

const FOCUSED: &str = "const { activeElement: one } = document;
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(one);
    return { control: one.dataset.control ?? null, html: one.outerHTML.slice(0, 120),
        isSeen: (outlineStyle !== 'none' && parseFloat(outlineWidth) > 0) || boxShadow !== 'none' };";

#[test]
fn each_control_is_reached_by_tab_and_seen_to_be_focused() {
    let Some((_service, page)) = opened("") else {
        return;
    };
    let count = page.browser.run(CONTROLS, Value::Null).as_u64().unwrap();
    assert!(count > 15, "only {count} controls");
    let mut reached = BTreeSet::new();
    for _ in 0..count + 5 {
        page.browser.press(Key::Tab);
        let focused = page.browser.run(FOCUSED, Value::Null);
        if let Some(control) = focused["control"].as_str() {
            reached.insert(control.parse::<u64>().unwrap());
            assert_eq!(focused["isSeen"], true, "no outline: {focused}");
        }
    }
    let missed: Vec<_> = (0..count)
        .filter(|control| !reached.contains(control))
        .map(|control| page.property(&format!("[data-control='{control}']"), "outerHTML"))
        .collect();
    assert!(missed.is_empty(), "not reached: {missed:#?}");
    page.is_clean(&[]);
}

#[test]
fn each_kind_of_control_is_operated_by_keys() {
    let Some((_service, page)) = opened("") else {
        return;
    };
    focus(&page, "#load-toggle");
    page.browser.press(Key::Enter);
    page.browser
        .until("document.querySelector('#load-toggle').ariaPressed === 'true'");
    page.browser.press(Key::Space);
    page.browser
        .until("document.querySelector('#load-toggle').ariaPressed === 'false'");

    focus(&page, "#load-rate");
    let rate = number(&page.property("#load-rate", "value"));
    page.browser.press(Key::Right);
    assert_eq!(number(&page.property("#load-rate", "value")), rate + 1.0);

    focus(&page, "input[name=axis]:checked");
    page.browser.press(Key::Right);
    assert_eq!(page.property("input[name=axis]:checked", "value"), "log");
    focus(&page, "input[name=window]:checked");
    page.browser.press(Key::Right);
    assert_eq!(
        page.property("input[name=window]:checked", "value"),
        "minute"
    );

    focus(&page, "#layout");
    page.browser.press(Key::Down);
    page.browser
        .until("document.querySelector('#layout').value !== 'own'");

    focus(&page, "tr[data-q='0.5'] button");
    page.browser.press(Key::Enter);
    page.browser
        .until("document.querySelector(\"tr[data-q='0.5'] button\").ariaPressed === 'true'");
    page.browser
        .until("document.querySelector('#sentence').textContent.includes('p50')");

    focus(&page, "#lecture");
    page.browser.press(Key::Enter);
    page.browser
        .until("document.documentElement.classList.contains('lecture')");
    page.browser.press(Key::Escape);
    page.browser
        .until("!document.documentElement.classList.contains('lecture')");
    page.is_clean(&[]);
}

#[test]
fn the_choices_are_kept_in_the_address() {
    let Some((service, page)) = opened("#window=minute&axis=log&layout=semconv&q=0.9&view=lecture")
    else {
        return;
    };
    assert_eq!(
        page.property("input[name=window]:checked", "value"),
        "minute"
    );
    assert_eq!(page.property("input[name=axis]:checked", "value"), "log");
    assert_eq!(page.property("#layout", "value"), "semconv");
    page.browser
        .until("document.querySelector('#sentence').textContent.includes('p90')");
    page.browser
        .until("document.documentElement.classList.contains('lecture')");
    page.browser.press(Key::Escape);
    page.choose("#layout", "native");
    let address = page.browser.value("location.href");
    page.browser.open("about:blank");
    page.browser.open(address.as_str().unwrap());
    page.is_live();
    assert_eq!(page.property("#layout", "value"), "native");
    assert_eq!(page.property("html", "className"), "");
    drop(service);
}

/// Moves the focus as a script does; that Tab reaches each control has a test of its own.
fn focus(page: &Page, css: &str) {
    let focused = page.browser.value(&format!(
        "(document.querySelector({css:?}).focus(), document.activeElement === document.querySelector({css:?}))"
    ));
    assert_eq!(focused, true, "{css} takes no focus");
}

fn number(value: &Value) -> f64 {
    value.as_str().unwrap().parse().unwrap()
}

fn opened(rest: &str) -> Option<(Service, Page)> {
    let flags = [
        "--delay",
        "constant(1ms)",
        "--prometheus-url",
        "http://localhost:9090",
        "--grafana-url",
        "http://localhost:3000",
    ];
    let service = Service::start::<&str>(&flags, &[]);
    let page = Page::open(&service.url(), rest)?;
    Some((service, page))
}
