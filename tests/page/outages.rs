//! The service goes away, comes back, or does not answer as it should.

use crate::{
    page::Page,
    parts::{Service, free_address},
    proxy::{Fault, Proxy},
};

/// What the browser itself says of a connection that fails.
const CONNECTION: &str = "net::ERR_";

#[test]
fn a_restart_on_the_same_port_is_survived_and_said() {
    let address = free_address();
    let start = |delay: &str| Service::start_at::<&str>(address, &["--delay", delay], &[]);
    let service = start("constant(1ms)");
    let Some(page) = Page::open(&service.url(), "") else {
        return;
    };
    for _ in 0..30 {
        service.get("/images");
    }
    page.reads_again();
    assert!(
        page.text("#explanation").contains("30 requests"),
        "{}",
        page.text("#explanation")
    );
    drop(service);
    page.is_unreachable();
    let service = start("constant(2ms)");
    page.is_live();
    page.reads_again();
    let status = page.text("#status");
    assert!(status.contains("restarted"), "{status}");
    assert!(
        !page.text("#explanation").contains("30 requests"),
        "{}",
        page.text("#explanation")
    );
    assert_eq!(
        page.cell(0.99, "truth"),
        0.002,
        "the truth of the new process"
    );
    service.get("/images");
    page.browser.until(
        "/: 1 requests|Seen: 1 request/.test(document.querySelector('#explanation').textContent)",
    );
    page.is_clean(&[CONNECTION]);
}

#[test]
fn a_service_that_is_gone_is_said_until_it_is_back() {
    let address = free_address();
    let start = || Service::start_at::<&str>(address, &["--delay", "constant(1ms)"], &[]);
    let service = start();
    let Some(page) = Page::open(&service.url(), "") else {
        return;
    };
    page.toggle_load();
    drop(service);
    let said = page.is_unreachable();
    assert!(said.contains("No answer"), "{said}");
    assert_eq!(page.property("#status", "role"), "status");
    let _service = start();
    page.is_live();
    assert!(
        !page.text("#status").contains("No answer"),
        "{}",
        page.text("#status")
    );
    page.is_clean(&[CONNECTION]);
}

#[test]
fn a_scrape_that_fails_is_said_and_survived() {
    let service = Service::start::<&str>(&["--delay", "constant(1ms)"], &[]);
    let proxy = Proxy::start("", service.address);
    let Some(page) = Page::open(&proxy.url(), "") else {
        return;
    };
    for _ in 0..10 {
        service.get("/images");
    }
    page.reads_again();
    let shown = page.text("#table");
    for (fault, said) in [
        (Fault::Error, "500"),
        (Fault::Html, "cannot be read"),
        (Fault::Half, "truncated"),
        (Fault::Lost, "No answer"),
        (Fault::Empty, "/metrics has no"),
        (Fault::Hang, "not within 5 s"),
    ] {
        proxy.spoil(fault);
        let status = page.is_unreachable();
        assert!(status.contains(said), "{fault:?}: {status}");
        assert_eq!(
            page.text("#table"),
            shown,
            "{fault:?}: the last numbers stay"
        );
        let markup = page
            .browser
            .value("document.querySelectorAll('#status *').length");
        assert_eq!(markup, 0, "{fault:?}");
        proxy.spoil(Fault::Nothing);
        page.is_live();
        assert_eq!(page.text("#status"), "", "{fault:?}: not said any more");
    }
    page.is_clean(&["500", CONNECTION]);
}

#[test]
fn a_page_that_is_opened_before_its_service_answers_starts_with_it() {
    let service = Service::start::<&str>(&["--delay", "constant(1ms)"], &[]);
    let proxy = Proxy::start("", service.address);
    proxy.spoil(Fault::Error);
    let Some(page) = Page::load(&proxy.url(), "") else {
        return;
    };
    page.is_unreachable();
    proxy.spoil(Fault::Nothing);
    page.is_live();
    assert_eq!(page.cell(0.5, "truth"), 0.001);
    page.is_clean(&["500"]);
}
