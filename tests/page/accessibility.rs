//! axe-core finds no serious fault: <https://github.com/dequelabs/axe-core>. `AXE` is the path of its `axe.min.js`.

use std::{env, fs};

use serde_json::{Value, json};

use crate::{
    page::Page,
    parts::{Service, skip},
};

#[test]
fn axe_finds_nothing_serious_in_either_theme_or_in_the_lecture_view() {
    let Some(axe) = env::var_os("AXE").map(|path| fs::read_to_string(path).unwrap()) else {
        skip("no AXE, the path of axe.min.js");
        return;
    };
    let service = Service::start::<&str>(&["--delay", "uniform(0s,40ms)"], &[]);
    let Some(page) = Page::open(&service.url(), "") else {
        return;
    };
    for _ in 0..40 {
        service.get("/images");
    }
    page.choose("#layout", "custom"); // shows one more field
    page.choose("#load-family", "lognormal"); // shows the sliders
    page.browser.run(&axe, Value::Null);
    for (view, theme, width) in [
        ("", "light", 1366),
        ("", "dark", 1366),
        ("", "light", 390),
        ("lecture", "light", 1366),
        ("lecture", "dark", 1366),
    ] {
        page.browser
            .value(&format!("location.hash = 'view={view}&layout=custom'"));
        page.has_theme(theme);
        page.has_size(width, 800);
        page.reads_again();
        let found = serious(&page);
        assert!(found.is_empty(), "{view} {theme} {width}: {found:#?}");
    }
    page.is_clean(&[]);
}

/// The faults that are serious or critical, each with its elements.
fn serious(page: &Page) -> Vec<Value> {
    let body = "const { violations, passes } = await axe.run(document, { resultTypes: ['violations'] });
        return { checked: passes.length, found: violations
            .filter(({ impact }) => impact === 'serious' || impact === 'critical')
            .map(({ id, help, nodes }) => ({ id, help, nodes: nodes.map(({ html, failureSummary }) => ({ html, failureSummary })) })) };";
    let outcome = page.browser.run(body, Value::Null);
    assert_ne!(outcome["checked"], json!(0));
    outcome["found"].as_array().unwrap().clone()
}
