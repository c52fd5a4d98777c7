//! The page in a browser: what it shows, what a user does, and what it must never do.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::browser::Browser;

/// The percentiles of the table.
pub(crate) const PERCENTILES: [f64; 5] = [0.5, 0.9, 0.95, 0.99, 0.999];

/// An open page.
pub(crate) struct Page {
    pub(crate) browser: Browser,
    base: String,
}

impl Page {
    /// Opens the page of a service at this base URL, with this query or fragment, and waits for its first data; `None`,
    /// which skips the test, where there is no browser.
    pub(crate) fn open(base: &str, rest: &str) -> Option<Self> {
        let page = Self::load(base, rest)?;
        page.is_live();
        Some(page)
    }

    /// As [`open`](Self::open), without waiting for data.
    pub(crate) fn load(base: &str, rest: &str) -> Option<Self> {
        let browser = Browser::start()?;
        browser.open(&format!("{base}/{rest}"));
        Some(Self {
            browser,
            base: base.to_owned(),
        })
    }

    /// Waits until it has data, and the last reading succeeded.
    pub(crate) fn is_live(&self) {
        self.browser
            .until("document.documentElement.dataset.state === 'live' && +document.documentElement.dataset.readings");
    }

    /// Waits until it says that the service does not answer as it should; returns its words.
    pub(crate) fn is_unreachable(&self) -> String {
        self.browser
            .until("document.documentElement.dataset.state === 'unreachable'");
        self.text("#status")
    }

    /// Waits for two more readings, the later of which was begun after this call.
    pub(crate) fn reads_again(&self) {
        let now = "+document.documentElement.dataset.readings";
        let seen = self.browser.value(now).as_f64().unwrap();
        self.browser.until(&format!("{now} >= {}", seen + 2.0));
    }

    /// Waits until the table is of this layout: the truth of a new one has come.
    pub(crate) fn is_through(&self, layout: &str) {
        let shown = format!("document.querySelector('#rows').dataset.layout === {layout:?}");
        self.browser.until(&shown);
    }

    /// Waits until the browser has shown what a change of the window or of a choice has led to.
    pub(crate) fn is_drawn(&self) {
        let frame = "await new Promise((resolve) => requestAnimationFrame(resolve));";
        self.browser.run(&frame.repeat(3), Value::Null);
    }

    /// The text of an element, with breaking spaces.
    pub(crate) fn text(&self, css: &str) -> String {
        let text = self.property(css, "textContent");
        text.as_str().unwrap().replace('\u{a0}', " ")
    }

    /// A property of an element.
    pub(crate) fn property(&self, css: &str, name: &str) -> Value {
        self.browser
            .value(&format!("document.querySelector({css:?}).{name}"))
    }

    /// The unrounded number of a cell of the table.
    pub(crate) fn cell(&self, q: f64, column: &str) -> f64 {
        self.cell_of(q, column, "seconds")
    }

    /// `low` or `high` of a cell that has a range.
    pub(crate) fn cell_of(&self, q: f64, column: &str, what: &str) -> f64 {
        let found = self.property(&cell(q, column), &format!("dataset.{what}"));
        let text = found
            .as_str()
            .unwrap_or_else(|| panic!("{q} {column} has no {what}"));
        text.parse().unwrap()
    }

    /// What a cell shows.
    pub(crate) fn shown(&self, q: f64, column: &str) -> String {
        self.text(&cell(q, column))
    }

    /// Chooses an option of a menu, as a user does.
    pub(crate) fn choose(&self, select: &str, value: &str) {
        self.browser.select(select, value);
    }

    /// Starts the load, or stops it.
    pub(crate) fn toggle_load(&self) {
        self.browser.click("#load-toggle");
    }

    /// Makes the system's theme `light` or `dark`.
    pub(crate) fn has_theme(&self, theme: &str) {
        let feature = json!({"name": "prefers-color-scheme", "value": theme});
        let media = json!({ "features": [feature] });
        self.browser.devtools("Emulation.setEmulatedMedia", &media);
    }

    /// Sets the size of the window, in CSS pixels.
    pub(crate) fn has_size(&self, width: u32, height: u32) {
        let is_phone = width < 600;
        let size =
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": is_phone});
        self.browser
            .devtools("Emulation.setDeviceMetricsOverride", &size);
    }

    /// Panics where the browser has warned of anything, or anything but this service was asked. What a fault of the test
    /// makes the browser say itself is `expected`.
    pub(crate) fn is_clean(&self, expected: &[&str]) {
        let violations = self.browser.log("browser").into_iter().filter(|entry| {
            let message = entry["message"].as_str().unwrap_or_default();
            let is_expected =
                entry["source"] == "network" && expected.iter().any(|part| message.contains(part));
            !is_expected
        });
        let violations: Vec<_> = violations.map(|entry| entry.to_string()).collect();
        assert!(violations.is_empty(), "{violations:#?}");
        let asked = self.asked();
        assert!(!asked.is_empty(), "no request in the log");
        let others: Vec<_> = asked
            .iter()
            .filter(|url| !url.starts_with(&self.base))
            .collect();
        assert!(others.is_empty(), "{others:?} are not below {}", self.base);
    }

    /// Every URL that was asked of a server since the last call.
    fn asked(&self) -> BTreeSet<String> {
        let entries = self.browser.log("performance").into_iter();
        let url = |entry: Value| {
            let message: Value = serde_json::from_str(entry["message"].as_str()?).ok()?;
            let event = &message["message"];
            let url = match event["method"].as_str()? {
                "Network.requestWillBeSent" => &event["params"]["request"]["url"],
                "Network.webSocketCreated" => &event["params"]["url"],
                _ => return None,
            };
            Some(url.as_str()?.to_owned())
        };
        let urls = entries.filter_map(url);
        urls.filter(|url| ["http", "ws"].iter().any(|scheme| url.starts_with(scheme)))
            .collect()
    }
}

fn cell(q: f64, column: &str) -> String {
    format!("#table tr[data-q='{q}'] td[data-col='{column}']")
}
