//! A precise async sleep: tens of microseconds late, never early. General-purpose; does not busy-wait.
//!
//! tokio's timer has a resolution of one millisecond. Here one thread waits on a condition variable for the earliest
//! deadline, with the smallest timer slack that the kernel grants, and wakes the tasks that are due.

use std::{
    collections::BTreeMap,
    fmt, io,
    pin::Pin,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
    thread,
    time::{Duration, Instant},
};

#[cfg(test)]
mod tests;

/// A cheap handle to one timer thread, which ends when the last `Clock` and the last [`Sleep`] are dropped.
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

/// Ends the timer thread when dropped.
struct Owner(Arc<Timer>);

#[derive(Default)]
struct Timer {
    sleepers: Mutex<Sleepers>,
    changed: Condvar,
}

#[derive(Default)]
struct Sleepers {
    wakers: BTreeMap<(Instant, u64), Waker>,
    last_id: u64,
    closed: bool,
}

// === impl Clock ===

impl Clock {
    /// Starts the timer thread.
    ///
    /// # Errors
    /// When the system refuses a thread.
    pub fn start() -> io::Result<Self> {
        let timer = Arc::<Timer>::default();
        let clock = Self(Arc::new(Owner(Arc::clone(&timer))));
        thread::Builder::new()
            .name("clock".to_owned())
            .spawn(move || timer.run())?;
        Ok(clock)
    }

    /// Sleeps for at least `duration` from now; never wakes if the deadline cannot be represented as an [`Instant`].
    pub fn sleep(&self, duration: Duration) -> Sleep {
        self.sleep_from(Instant::now(), duration)
    }

    /// Sleeps until `duration` after `start`.
    pub fn sleep_from(&self, start: Instant, duration: Duration) -> Sleep {
        self.sleeper(start.checked_add(duration))
    }

    /// Sleeps until `deadline`, or not at all when it has passed.
    pub fn sleep_until(&self, deadline: Instant) -> Sleep {
        self.sleeper(Some(deadline))
    }

    fn sleeper(&self, deadline: Option<Instant>) -> Sleep {
        Sleep {
            clock: self.clone(),
            deadline,
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
            // Release the lock before dropping the waker: it may own a task that owns another `Sleep`.
            let waker = self.clock.0.0.lock().wakers.remove(&(deadline, self.id));
            drop(waker);
        }
    }
}

// === impl Owner ===

impl Drop for Owner {
    fn drop(&mut self) {
        self.0.lock().closed = true;
        self.0.changed.notify_one();
    }
}

// === impl Timer ===

impl Timer {
    /// Wakes `waker` at `deadline`. Notifies the thread only if it would otherwise wake too late.
    fn register(&self, deadline: Instant, id: &mut u64, waker: &Waker) {
        let waker = waker.clone();
        let mut sleepers = self.lock();
        if *id == 0 {
            sleepers.last_id += 1;
            *id = sleepers.last_id;
        }
        let first = sleepers.wakers.first_key_value().map(|(&key, _)| key);
        let replaced = sleepers.wakers.insert((deadline, *id), waker);
        drop(sleepers);
        if first.is_none_or(|first| (deadline, *id) < first) {
            self.changed.notify_one();
        }
        drop(replaced);
    }

    fn run(&self) {
        minimize_timer_slack();
        let mut due = Vec::new();
        let mut sleepers = self.lock();
        while !sleepers.closed {
            let now = Instant::now();
            let next = sleepers.take_due(now, &mut due);
            if !due.is_empty() {
                drop(sleepers);
                due.drain(..).for_each(Waker::wake);
                sleepers = self.lock();
            } else if let Some(next) = next {
                let wait = self.changed.wait_timeout(sleepers, next - now);
                sleepers = wait.unwrap_or_else(PoisonError::into_inner).0;
            } else {
                let wait = self.changed.wait(sleepers);
                sleepers = wait.unwrap_or_else(PoisonError::into_inner);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Sleepers> {
        self.sleepers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Sleepers ===

impl Sleepers {
    /// Moves the wakers whose deadline has passed to `due`, earliest first; returns the next deadline.
    fn take_due(&mut self, now: Instant, due: &mut Vec<Waker>) -> Option<Instant> {
        while let Some(first) = self.wakers.first_entry() {
            let deadline = first.key().0;
            if deadline > now {
                return Some(deadline);
            }
            due.push(first.remove());
        }
        None
    }
}

/// Linux delays a thread's timers by up to 50 us (timer slack) by default. Best effort.
fn minimize_timer_slack() {
    #[cfg(target_os = "linux")]
    let _ = rustix::thread::set_current_timer_slack(std::num::NonZeroU64::new(1));
}
