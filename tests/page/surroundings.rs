//! Path prefixes, and text from requests and labels that looks like HTML.

use serde_json::{Value, json};

use crate::{
    page::Page,
    parts::Service,
    proxy::{Fault, MARKUP, Proxy},
};

#[test]
fn behind_a_path_prefix_everything_is_asked_below_it() {
    let service = Service::start::<&str>(&["--delay", "constant(1ms)"], &[]);
    let proxy = Proxy::start("/some/prefix", service.address);
    let Some(page) = Page::open(&proxy.url(), "") else {
        return;
    };
    page.toggle_load();
    page.browser
        .until("+document.querySelector('#load-sent').textContent > 3");
    page.choose("#layout", "semconv");
    page.reads_again();
    assert_eq!(page.cell(0.5, "truth"), 0.001);
    assert_eq!(page.property("html", "dataset.state"), "live");
    let accepted = service.metric("cloudnative_requests_accepted_total");
    assert!(accepted > 3.0, "{accepted}");
    page.is_clean(&[]);
}

#[test]
fn markup_in_the_query_is_shown_as_text() {
    let service = Service::start::<&str>(&[], &[]);
    let query = format!("?user={}", crate::parts::escaped(MARKUP));
    let Some(page) = Page::open(&service.url(), &query) else {
        return;
    };
    page.reads_again();
    let text = page.text("body");
    assert!(text.contains(&format!("hello [{MARKUP}]")), "{text}");
    has_no_markup(&page);
    page.is_clean(&[]);
}

#[test]
fn markup_in_the_fragment_is_no_choice() {
    let service = Service::start::<&str>(&[], &[]);
    let markup = crate::parts::escaped(MARKUP);
    let names = ["view", "window", "axis", "layout", "custom", "q"];
    let fragment = names.map(|name| format!("{name}={markup}")).join("&");
    let Some(page) = Page::open(&service.url(), &format!("#{fragment}")) else {
        return;
    };
    page.reads_again();
    has_no_markup(&page);
    assert_eq!(page.cell(0.5, "truth"), 1.0);
    for (choice, default) in [
        ("input[name=window]:checked", "start"),
        ("input[name=axis]:checked", "linear"),
        ("#layout", "own"),
    ] {
        assert_eq!(page.property(choice, "value"), default);
    }
    page.is_clean(&[]);
}

#[test]
fn markup_in_labels_is_never_inserted() {
    let attributes = format!(
        "service.name={0},{0}={0},team={0}",
        crate::parts::escaped(MARKUP)
    );
    let environment = [("OTEL_RESOURCE_ATTRIBUTES", attributes)];
    let service = Service::start(&["--delay", "constant(1ms)"], &environment);
    let Some(page) = Page::open(&service.url(), "") else {
        return;
    };
    assert!(
        service.metrics().contains("<img src=x"),
        "the label is there: {}",
        service.metrics()
    );
    service.get("/images");
    page.reads_again();
    has_no_markup(&page);
    page.is_clean(&[]);
}

#[test]
fn exemplars_are_listed_and_linked_where_there_is_a_trace_page() {
    let service = with_exemplars();
    let Some(page) = Page::open(&service.url(), "") else {
        return;
    };
    let trace = "0af7651916cd43dd8448eb211c80319c";
    let parent = format!("00-{trace}-b7ad6b7169203331-01");
    service.get_with("/images", &[("traceparent", &parent)]);
    let link = format!("document.querySelector('#exemplars a[href*=\"{trace}\"]')");
    page.browser.until(&format!("{link} !== null"));
    assert_eq!(page.browser.value(&format!("{link}.textContent")), trace);
    let href = page.browser.value(&format!("{link}.getAttribute('href')"));
    assert_eq!(href, format!("http://localhost:1/trace/{trace}?a=<b>"));
    page.is_clean(&[]);
}

#[test]
fn markup_in_an_exemplar_is_shown_as_text() {
    let service = with_exemplars();
    let proxy = Proxy::start("", service.address);
    proxy.spoil(Fault::Markup);
    let Some(page) = Page::open(&proxy.url(), "") else {
        return;
    };
    service.get("/images");
    let listed = format!("document.querySelector('#exemplars').textContent.includes({MARKUP:?})");
    page.browser.until(&listed);
    has_no_markup(&page);
    let href = page
        .browser
        .value("document.querySelector('#exemplars a').protocol");
    assert_eq!(href, "http:");
    page.is_clean(&[]);
}

#[test]
fn a_proxy_that_drops_accept_leaves_all_but_the_native_estimate() {
    let service = Service::start::<&str>(&["--delay", "constant(600ms)"], &[]);
    let proxy = Proxy::start("", service.address);
    proxy.spoil(Fault::Text);
    let Some(page) = Page::open(&proxy.url(), "") else {
        return;
    };
    service.get("/images");
    page.reads_again();
    assert!(page.cell(0.5, "native").is_nan());
    let [low, high] = ["low", "high"].map(|end| page.cell_of(0.5, "real", end));
    assert_eq!((low, high), (0.512, 1.024), "as the buckets prove");
    assert!(page.cell(0.5, "classic") > 0.512);
    page.choose("#layout", "semconv");
    page.is_through("semconv");
    page.reads_again();
    assert_eq!(page.cell(0.5, "truth"), 0.6);
    assert!(
        page.cell(0.5, "classic").is_nan(),
        "nothing tells the counts in other buckets"
    );
    page.is_clean(&[]);
}

/// A service that records spans, which nothing receives, and so has exemplars.
fn with_exemplars() -> Service {
    let url = "http://localhost:1/trace/{trace_id}?a=<b>";
    let environment = [("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")];
    Service::start(
        &["--delay", "constant(1ms)", "--trace-url", url],
        &environment,
    )
}

/// Panics where an element or a dialog has come from [`MARKUP`].
fn has_no_markup(page: &Page) {
    let found = page
        .browser
        .value("document.querySelectorAll('img, body script').length");
    assert_eq!(found, json!(0));
    let handlers = page
        .browser
        .value("document.querySelectorAll('[onerror]').length");
    assert_eq!(handlers, json!(0));
    assert_eq!(page.browser.dialog(), Value::Null);
}
