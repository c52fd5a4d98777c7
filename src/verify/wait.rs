//! Waiting for a condition, shown on a terminal, up to a deadline.

use std::{
    io::{IsTerminal, stderr},
    time::{Duration, Instant},
};

use indicatif::ProgressBar;

/// How often a condition is looked at.
const EVERY: Duration = Duration::from_millis(200);

/// Says what is waited for until it is dropped; silent where stderr is no terminal.
pub(super) struct Waiting(Option<ProgressBar>);

impl Waiting {
    pub(super) fn on(what: &str) -> Self {
        Self(stderr().is_terminal().then(|| {
            let bar = ProgressBar::new_spinner().with_message(what.to_owned());
            bar.enable_steady_tick(Duration::from_millis(100));
            bar
        }))
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

/// Asks until there is an answer, or time is up.
pub(super) async fn until<T>(
    what: &str,
    wait: Duration,
    mut ask: impl AsyncFnMut() -> Option<T>,
) -> Option<T> {
    let _shown = Waiting::on(what);
    let begun = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return Some(answer);
        }
        if begun.elapsed() >= wait {
            return None;
        }
        tokio::time::sleep(EVERY).await;
    }
}
