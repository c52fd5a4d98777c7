//! Waiting for a condition up to a deadline, which is said on stderr.

use std::{
    future::Future,
    io::{IsTerminal, stderr},
    pin::pin,
    time::{Duration, Instant},
};

use futures_util::future::{Either, select};
use indicatif::ProgressBar;

use crate::output::{is_quiet, print_error};

/// How often a condition is checked.
const POLL_INTERVAL: Duration = Duration::from_secs(1);
const MAX_POLL_INTERVAL: Duration = Duration::from_secs(2);

/// Shows what is waited for until it is dropped: as one line, where stderr is no terminal.
pub struct Spinner(Option<ProgressBar>);

impl Spinner {
    pub fn waiting_for(what: &str) -> Self {
        if is_quiet() {
            return Self(None);
        }
        let is_terminal = stderr().is_terminal();
        if !is_terminal {
            print_error(format_args!("waiting for {what}"));
        }
        Self(is_terminal.then(|| {
            let bar = ProgressBar::new_spinner().with_message(format!("waiting for {what}"));
            bar.enable_steady_tick(Duration::from_millis(100));
            bar
        }))
    }
}

impl Drop for Spinner {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

/// Asks until there is a result, or the time is over.
pub async fn until<T>(
    what: &str,
    wait: Duration,
    mut ask: impl AsyncFnMut() -> Option<T>,
) -> Option<T> {
    let begun = Instant::now();
    let mut spinner = None;
    loop {
        if let Some(result) = ask().await {
            return Some(result);
        }
        if begun.elapsed() >= wait {
            return None;
        }
        spinner.get_or_insert_with(|| Spinner::waiting_for(&format!("{what} (up to {wait:.0?})")));
        // The longer it takes, the less often.
        let pause = POLL_INTERVAL
            .max(begun.elapsed() / 20)
            .min(MAX_POLL_INTERVAL);
        tokio::time::sleep(pause.min(wait.saturating_sub(begun.elapsed()))).await;
    }
}

/// Waits for the first, while the second goes on.
pub async fn alongside<T, U>(first: impl Future<Output = T>, second: impl Future<Output = U>) -> T {
    let (first, second) = (pin!(first), pin!(second));
    match select(first, second).await {
        Either::Left((result, _)) => result,
        Either::Right((_, first)) => first.await,
    }
}
