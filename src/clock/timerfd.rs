//! A descriptor that becomes readable at a deadline, among those that tokio's I/O driver waits for.

use std::{
    future::poll_fn,
    io,
    os::fd::OwnedFd,
    panic::{self, AssertUnwindSafe},
    pin::pin,
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
    timerfd_settime,
};
use tokio::{
    io::{Interest, unix::AsyncFd},
    runtime::Handle,
    task::coop::unconstrained,
};

pub(super) struct Timerfd {
    descriptor: AsyncFd<OwnedFd>,
    /// The earliest deadline; it may have passed since the last [`Timerfd::rearm`].
    armed: Option<Instant>,
}

impl Timerfd {
    /// `None` without a runtime, without its I/O driver, or where the system refuses a descriptor.
    pub(super) fn create() -> Option<Self> {
        Handle::try_current().ok()?;
        let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
        // The clock that `Instant` reads on Linux.
        let descriptor = timerfd_create(TimerfdClockId::Monotonic, flags).ok()?;
        let registered = panic::catch_unwind(AssertUnwindSafe(|| register(descriptor)));
        let descriptor = registered.ok()?.ok()?;
        Some(Self {
            descriptor,
            armed: None,
        })
    }

    /// Arms the descriptor for `deadline` unless it wakes earlier in any case.
    pub(super) fn advance(&mut self, deadline: Instant) {
        if self.armed.is_none_or(|armed| deadline < armed) {
            self.arm(deadline);
        }
    }

    /// Arms the descriptor after it was readable.
    pub(super) fn rearm(&mut self, next: Option<Instant>) {
        self.armed = None;
        if let Some(next) = next {
            self.arm(next);
        }
    }

    fn arm(&mut self, deadline: Instant) {
        // 0 would disarm it.
        let left = deadline.saturating_duration_since(Instant::now());
        let Ok(it_value) = Timespec::try_from(left.max(Duration::from_nanos(1))) else {
            return; // beyond the end of the kernel's clock
        };
        let once = Itimerspec {
            it_interval: Timespec::default(),
            it_value,
        };
        // Fails only for arguments that are invalid. Arming makes the descriptor unreadable, so it need not be read.
        let _ = timerfd_settime(self.descriptor.get_ref(), TimerfdTimerFlags::empty(), &once);
        self.armed = Some(deadline);
    }

    /// Has `waker` woken at the next expiry.
    ///
    /// # Errors
    /// When the runtime has ended.
    pub(super) fn wait(&self, waker: &Waker) -> io::Result<()> {
        let registered = poll_fn(|context| {
            while let Poll::Ready(ready) = self.descriptor.poll_read_ready(context) {
                ready?.clear_ready();
            }
            Poll::Ready(Ok(()))
        });
        // Not counted against the task, if any, that runs on this thread: with its budget used up, tokio would wake `waker`
        // at once.
        let registered = pin!(unconstrained(registered));
        match registered.poll(&mut Context::from_waker(waker)) {
            Poll::Ready(waits) => waits,
            Poll::Pending => Ok(()),
        }
    }
}

/// # Panics
/// In a runtime without an I/O driver; tokio has no other way to ask.
#[expect(
    deprecated,
    reason = "unsound only for types whose descriptor may change; its replacement is `unsafe`"
)]
fn register(descriptor: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    AsyncFd::with_interest(descriptor, Interest::READABLE)
}
