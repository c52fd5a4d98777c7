//! The commands of chromedriver that are not in the `WebDriver` standard: its logs, and the `DevTools` protocol.

use std::str::FromStr;

use fantoccini::wd::WebDriverCompatibleCommand;
use http::Method;
use reqwest::Url;
use serde_json::{Value, json};

/// A command with a JSON body.
#[derive(Debug)]
pub(crate) struct Command {
    path: &'static str,
    body: Value,
}

impl Command {
    /// The entries of a log (`browser` or `performance`) since it was last read.
    pub(crate) fn log(kind: &str) -> Self {
        Self {
            path: "se/log",
            body: json!({ "type": kind }),
        }
    }

    /// A command of the `DevTools` protocol: <https://chromedevtools.github.io/devtools-protocol/>.
    pub(crate) fn devtools(command: &str, parameters: &Value) -> Self {
        Self {
            path: "goog/cdp/execute",
            body: json!({ "cmd": command, "params": parameters }),
        }
    }
}

impl WebDriverCompatibleCommand for Command {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, <Url as FromStr>::Err> {
        base.join(&format!(
            "session/{}/{}",
            session.unwrap_or_default(),
            self.path
        ))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.body.to_string()))
    }
}
