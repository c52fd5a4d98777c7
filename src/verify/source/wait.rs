//! Waiting for a condition up to a deadline, which is said on stderr; and this machine's clock.

use std::{
    future::Future,
    io::{IsTerminal, stderr},
    pin::pin,
    sync::{
        LazyLock,
        atomic::{AtomicI64, Ordering::Relaxed},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use futures_util::future::{Either, select};
use indicatif::ProgressBar;

use crate::{
    output::{is_quiet, print_error},
    verify::model::clocks::TOLERANCE_MS,
};

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

/// Unix time in milliseconds.
pub fn unix_millis_of(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// This machine's clock: read once, and continued by one that does not step.
struct Clock {
    first: Instant,
    /// Unix time at the first reading, in milliseconds.
    unix: AtomicI64,
}

static CLOCK: LazyLock<Clock> = LazyLock::new(|| Clock {
    first: Instant::now(),
    unix: AtomicI64::new(unix_millis_of(SystemTime::now())),
});

/// This machine's Unix time, in milliseconds, which does not step unless [`follow_clock`] is called.
pub fn unix_millis() -> i64 {
    let elapsed = i64::try_from(CLOCK.first.elapsed().as_millis()).unwrap_or(i64::MAX);
    CLOCK.unix.load(Relaxed).saturating_add(elapsed)
}

/// Whether this machine's clock was set since it was read, or stood still while the machine was suspended.
#[must_use]
pub fn has_clock_stepped() -> bool {
    clock_step().is_some()
}

/// Reads this machine's clock again where it stepped. To be called between runs: to one in progress, every other clock would
/// step.
pub fn follow_clock() {
    if let Some(step) = clock_step() {
        CLOCK.unix.fetch_add(step, Relaxed);
    }
}

fn clock_step() -> Option<i64> {
    let step = unix_millis_of(SystemTime::now()).saturating_sub(unix_millis());
    (step.abs() > TOLERANCE_MS).then_some(step)
}
