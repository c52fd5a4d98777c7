//! The load that the page sends.

use serde_json::json;

use crate::{
    page::Page,
    parts::{Service, until_or},
};

#[test]
fn the_load_button_makes_the_counts_move_and_stop() {
    let service = Service::start::<&str>(&["--delay", "uniform(1ms,20ms)"], &[]);
    let Some(page) = Page::open(&service.url(), "") else {
        return;
    };
    assert_eq!(page.property("#load-toggle", "ariaPressed"), "false");
    assert_eq!(accepted(&service), 0.0, "opening a page counts nothing");
    page.toggle_load();
    page.browser
        .until("document.querySelector('#load-toggle').ariaPressed === 'true'");
    until_or(
        || (accepted(&service) >= 8.0).then_some(()),
        || page.text("#load"),
    );
    page.toggle_load();
    stopped_load(&page, &service);
    page.reads_again();
    let (sent, accepted) = (page.text("#load-sent"), accepted(&service));
    assert_eq!(
        sent.parse(),
        Ok(accepted),
        "each request of the load is counted, and nothing else"
    );
    let ledger = "document.querySelector('[data-fact=ledger]').dataset.balanced === 'true'";
    page.browser.until(ledger);
    page.is_clean(&[]);
}

#[test]
fn the_load_stops_when_the_page_is_hidden() {
    let service = Service::start::<&str>(&["--delay", "constant(1ms)"], &[]);
    let Some(page) = Page::open(&service.url(), "") else {
        return;
    };
    page.toggle_load();
    until_or(
        || (accepted(&service) >= 2.0).then_some(()),
        || page.text("#load"),
    );
    page.browser.minimize();
    page.browser.until("document.hidden");
    stopped_load(&page, &service);
    assert!(
        page.text("#status").contains("hidden"),
        "{}",
        page.text("#status")
    );
    page.browser.restore();
    page.browser.until("!document.hidden");
    page.reads_again();
    assert_eq!(
        page.property("#load-toggle", "ariaPressed"),
        "false",
        "it starts only when asked"
    );
    page.is_clean(&[]);
}

#[test]
fn another_delay_is_sent_as_an_override_and_judged_by_its_own_truth() {
    let service = Service::start::<&str>(&["--delay", "uniform(0s,2s)"], &[]);
    let Some(page) = Page::open(&service.url(), "") else {
        return;
    };
    page.browser.fill("#load-delay", "constant(20ms)");
    page.toggle_load();
    page.browser
        .until("+document.querySelector('#load-sent').textContent > 8");
    page.toggle_load();
    stopped_load(&page, &service);
    let overrides = service.metric("cloudnative_delay_overrides_total");
    assert_eq!(overrides, accepted(&service));
    page.reads_again();
    assert_eq!(page.property("input[name=window]:checked", "value"), "load");
    // The truth of what was sent, once it has come.
    page.browser
        .until(&format!("{} === 0.02", seconds(0.99, "truth")));
    let real = page.cell(0.5, "real");
    assert!((0.02..1.0).contains(&real), "{real}");
    page.is_clean(&[]);
}

#[test]
fn after_a_change_of_the_delay_no_request_with_the_old_one_is_in_the_window() {
    let service = Service::start::<&str>(&["--delay", "uniform(0s,2s)"], &[]);
    let Some(page) = Page::open(&service.url(), "") else {
        return;
    };
    let enter = '\u{e007}';
    page.browser
        .fill("#load-delay", &format!("constant(3s){enter}"));
    page.toggle_load();
    page.browser
        .until("+document.querySelector('#load-sent').textContent > 3");
    page.browser
        .fill("#load-delay", &format!("constant(20ms){enter}"));
    let (truth, classic) = (seconds(0.999, "truth"), seconds(0.999, "classic"));
    page.browser.until(&format!("{truth} === 0.02"));
    page.browser.until(&format!("{classic} > 0"));
    page.reads_again();
    let classic = page.cell(0.999, "classic");
    assert!(classic < 2.0, "{classic}");
    page.toggle_load();
    stopped_load(&page, &service);
    page.is_clean(&[]);
}

#[test]
fn a_wrong_delay_is_refused_in_the_words_of_the_server() {
    let service = Service::start::<&str>(&[], &[]);
    let Some(page) = Page::open(&service.url(), "") else {
        return;
    };
    for wrong in [
        "uniform(1s,0s)",
        "<img src=x onerror=alert(1)>",
        "constant(1h)",
    ] {
        page.browser.fill("#load-delay", wrong);
        page.toggle_load();
        page.browser
            .until("document.querySelector('#load-error').textContent");
        let said = page.text("#load-error");
        let answer = service.get(&format!("/truth?delay={}", crate::parts::escaped(wrong)));
        assert_eq!(answer.status, 400);
        assert_eq!(said, answer.body.trim(), "{wrong}");
        assert_eq!(page.property("#load-toggle", "ariaPressed"), "false");
        assert_eq!(
            page.browser
                .value("document.querySelectorAll('#load-error *').length"),
            json!(0)
        );
    }
    assert_eq!(accepted(&service), 0.0);
    page.is_clean(&["400"]);
}

#[test]
fn a_slow_service_is_not_sent_more_than_a_few_requests_at_once() {
    let service = Service::start::<&str>(&["--delay", "constant(60s)"], &[]);
    let Some(page) = Page::open(&service.url(), "") else {
        return;
    };
    page.toggle_load();
    page.browser
        .until("+document.querySelector('#load-skipped').textContent > 2");
    until_or(
        || (accepted(&service) >= 4.0).then_some(()),
        || page.text("#load"),
    );
    page.reads_again(); // a connection is left for the scrapes
    assert_eq!(page.text("[data-fact=in_flight]"), "4");
    assert_eq!(accepted(&service), 4.0);
    page.is_clean(&[]);
}

/// The unrounded number of a cell of the table, in the page.
fn seconds(q: f64, column: &str) -> String {
    format!(
        "+document.querySelector(\"#table tr[data-q='{q}'] td[data-col='{column}']\").dataset.seconds"
    )
}

/// Waits until the load is off and all its requests are answered.
fn stopped_load(page: &Page, service: &Service) {
    page.browser
        .until("document.querySelector('#load-toggle').ariaPressed === 'false'");
    let ended = || {
        let ledger = service.get("/truth").json()["ledger"].clone();
        (ledger["accepted"] == ledger["completed"]).then_some(())
    };
    until_or(ended, || service.get("/truth").body);
}

fn accepted(service: &Service) -> f64 {
    service.metric("cloudnative_requests_accepted_total")
}
