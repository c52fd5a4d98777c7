//! A precise async sleep: tens of microseconds late, never early. General-purpose; does not busy-wait.
//!
//! tokio's timer has a resolution of one millisecond. This one waits for the earliest deadline to the nanosecond, in the
//! tokio runtime that started it (`timerfd`, Linux only) or else in a thread of its own, and wakes the tasks that are due.

use std::{
    fmt, io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use timer::Timer;

#[cfg(test)]
mod tests;
mod thread;
mod timer;
#[cfg(target_os = "linux")]
mod timerfd;
mod wakers;

/// A cheap handle to one timer, which ends when the last `Clock` and the last [`Sleep`] are dropped.
#[derive(Clone)]
pub struct Clock(Arc<Owner>);

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}

/// Ready once its deadline has passed, with the reading of the clock that showed it. It registers when first polled, and deregisters when dropped.
#[must_use = "a future does nothing unless polled"]
pub struct Sleep {
    clock: Clock,
    /// `None` if it is later than an `Instant` can represent.
    deadline: Option<Instant>,
    /// 0 while not registered; distinguishes sleepers with the same deadline.
    id: u64,
}

/// Ends the timer when dropped.
struct Owner(Arc<Timer>);

// === impl Clock ===

impl Clock {
    /// Starts the timer. On Linux the current tokio runtime wakes the sleepers: at half the CPU of a thread, but later
    /// while all its workers are busy, and a current-thread runtime only in `block_on`. Elsewhere, outside a runtime with
    /// I/O, and once it has ended, a thread wakes them.
    ///
    /// # Errors
    /// When the system refuses a thread.
    pub fn start() -> io::Result<Self> {
        Ok(Self(Arc::new(Owner(Timer::start()?))))
    }

    /// Starts a thread that wakes the sleepers. Use it for a future that runs outside the runtime's workers: another
    /// thread has to wake it in any case, and this one is never busy.
    ///
    /// # Errors
    /// When the system refuses a thread.
    pub fn start_thread() -> io::Result<Self> {
        Ok(Self(Arc::new(Owner(Timer::start_thread()?))))
    }

    /// What wakes the sleepers: `timerfd` or `thread`.
    #[must_use]
    pub fn timer(&self) -> &'static str {
        self.0.0.name()
    }

    /// Sleeps for at least `duration` from now.
    pub fn sleep(&self, duration: Duration) -> Sleep {
        self.sleep_from(Instant::now(), duration)
    }

    /// Sleeps until `duration` after `start`; never wakes if that deadline cannot be represented as an [`Instant`].
    pub fn sleep_from(&self, start: Instant, duration: Duration) -> Sleep {
        Sleep {
            clock: self.clone(),
            deadline: start.checked_add(duration),
            id: 0,
        }
    }
}

// === impl Sleep ===

impl Future for Sleep {
    type Output = Instant;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Instant> {
        let Some(deadline) = self.deadline else {
            return Poll::Pending;
        };
        let now = Instant::now();
        if deadline <= now {
            return Poll::Ready(now);
        }
        let Self { clock, id, .. } = &mut *self;
        clock.0.0.register(deadline, id, context.waker());
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(deadline) = self.deadline
            && self.id != 0
        {
            self.clock.0.0.deregister(deadline, self.id);
        }
    }
}

// === impl Owner ===

impl Drop for Owner {
    fn drop(&mut self) {
        self.0.close();
    }
}
