//! A Chromium of a test's own, ended when dropped.

use std::path::Path;

use fantoccini::{
    Client, ClientBuilder, Locator,
    actions::{InputSource, KeyAction, KeyActions},
    key::Key,
};
use serde_json::{Value, json};
use tokio::{runtime, time::timeout};

use crate::{
    commands::Command,
    parts::{self, Chromedriver, Folder, until_or},
};

/// A running browser with one window. The order of its fields is the order of their ends.
pub(crate) struct Browser {
    client: Client,
    runtime: runtime::Runtime,
    _driver: Chromedriver,
    _profile: Folder,
}

impl Browser {
    /// Starts one; `None`, which skips the test, where there is no Chromium or no chromedriver.
    pub(crate) fn start() -> Option<Self> {
        if parts::absent(&["chromedriver", "chromium"]) {
            return None;
        }
        let (driver, profile) = (Chromedriver::start(), Folder::new("chromium"));
        let runtime = runtime::Builder::new_multi_thread();
        let runtime = { runtime }.worker_threads(1).enable_all().build().unwrap();
        let connect = async {
            let mut builder =
                ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new());
            let capabilities = capabilities(profile.path());
            let url = format!("http://{}", driver.address);
            builder.capabilities(capabilities).connect(&url).await
        };
        let client = runtime.block_on(connect);
        let client = client.unwrap_or_else(|error| panic!("{error}\n{}", driver.process.said()));
        Some(Self {
            client,
            runtime,
            _driver: driver,
            _profile: profile,
        })
    }

    /// Opens a URL and waits until it is loaded.
    pub(crate) fn open(&self, url: &str) {
        self.runtime.block_on(self.client.goto(url)).unwrap();
    }

    /// Runs the body of an async function in the page, and returns what it returns.
    pub(crate) fn run(&self, body: &str, argument: Value) -> Value {
        self.try_run(body, argument)
            .unwrap_or_else(|error| panic!("{error}\n{body}"))
    }

    fn try_run(&self, body: &str, argument: Value) -> Result<Value, String> {
        let script = format!("let given = arguments[0]; return (async () => {{ {body} }})();");
        let executed = self.client.execute(&script, vec![argument]);
        let outcome = self.runtime.block_on(executed);
        outcome.map_err(|error| error.to_string())
    }

    /// The value of an expression in the page.
    pub(crate) fn value(&self, expression: &str) -> Value {
        self.run(&format!("return {expression};"), Value::Null)
    }

    /// Waits until an expression is neither false nor null nor 0 nor empty, and returns it.
    pub(crate) fn until(&self, expression: &str) -> Value {
        let body = format!("return ({expression}) || null;");
        until_or(
            || Some(self.run(&body, Value::Null)).filter(|value| !value.is_null()),
            || {
                let text = self.value("document.documentElement.outerHTML.slice(0, 20000)");
                format!("`{expression}`\n{}", text.as_str().unwrap_or_default())
            },
        )
    }

    /// Clicks what a CSS selector finds, as a mouse does.
    pub(crate) fn click(&self, css: &str) {
        let clicking = async { self.client.find(Locator::Css(css)).await?.click().await };
        let clicked = self.runtime.block_on(clicking);
        clicked.unwrap_or_else(|error| panic!("{css}: {error}"));
    }

    /// Empties a text field and types into it.
    pub(crate) fn fill(&self, css: &str, text: &str) {
        let typing = async {
            let field = self.client.find(Locator::Css(css)).await?;
            field.clear().await?;
            field.send_keys(text).await
        };
        let typed = self.runtime.block_on(typing);
        typed.unwrap_or_else(|error| panic!("{css}: {error}"));
    }

    /// Chooses an option of a menu by its value, as a mouse does.
    pub(crate) fn select(&self, css: &str, value: &str) {
        let choosing = async {
            let menu = self.client.find(Locator::Css(css)).await?;
            menu.select_by_value(value).await
        };
        let chosen = self.runtime.block_on(choosing);
        chosen.unwrap_or_else(|error| panic!("{css} {value}: {error}"));
    }

    /// Presses and releases a key, where the focus is.
    pub(crate) fn press(&self, key: Key) {
        let value = char::from(key);
        let actions = KeyActions::new("keyboard".to_owned())
            .then(KeyAction::Down { value })
            .then(KeyAction::Up { value });
        let pressed = self.client.perform_actions(actions);
        self.runtime.block_on(pressed).unwrap();
    }

    /// A command of the `DevTools` protocol.
    pub(crate) fn devtools(&self, command: &str, parameters: &Value) -> Value {
        self.issue(Command::devtools(command, parameters))
    }

    /// The entries of a log, `browser` or `performance`, since it was last read.
    pub(crate) fn log(&self, kind: &str) -> Vec<Value> {
        let entries = self.issue(Command::log(kind));
        entries.as_array().unwrap().clone()
    }

    fn issue(&self, command: Command) -> Value {
        let issued = self.client.issue_cmd(command);
        self.runtime.block_on(issued).unwrap()
    }

    /// Minimizes the window, which hides the page.
    pub(crate) fn minimize(&self) {
        self.runtime
            .block_on(self.client.minimize_window())
            .unwrap();
    }

    /// Shows the window again.
    pub(crate) fn restore(&self) {
        let size = self.client.set_window_size(1366, 768);
        self.runtime.block_on(size).unwrap();
    }

    /// The text of an open dialog, such as that of `alert`; null without one.
    pub(crate) fn dialog(&self) -> Value {
        let text = self.runtime.block_on(self.client.get_alert_text());
        text.map_or(Value::Null, Value::String)
    }

    /// A picture of the window as PNG.
    pub(crate) fn screenshot(&self) -> Vec<u8> {
        self.runtime.block_on(self.client.screenshot()).unwrap()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Chromedriver ends the browser; killed before that, it would leave it running.
        let closing = self.client.clone().close();
        let _ = self
            .runtime
            .block_on(async { timeout(parts::DEADLINE, closing).await });
    }
}

fn capabilities(profile: &Path) -> serde_json::Map<String, Value> {
    let arguments = [
        "--headless=new".to_owned(),
        "--no-sandbox".to_owned(), // CI runs as root
        "--disable-dev-shm-usage".to_owned(),
        "--window-size=1366,768".to_owned(),
        format!("--user-data-dir={}", profile.display()),
    ];
    let milliseconds = 1_000 * parts::DEADLINE.as_secs();
    let all = json!({
        "browserName": "chrome",
        "goog:chromeOptions": {"args": arguments},
        "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
        "timeouts": {"script": milliseconds, "pageLoad": milliseconds},
    });
    all.as_object().unwrap().clone()
}
