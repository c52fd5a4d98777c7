//! This machine's clock, which does not step in a run.

use std::{
    sync::{
        LazyLock,
        atomic::{AtomicI64, Ordering::Relaxed},
    },
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use crate::verify::model::clocks::TOLERANCE_MS;

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
