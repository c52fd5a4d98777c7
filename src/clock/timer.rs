//! The sleepers, and what waits for the earliest deadline: the tokio runtime that started the timer, or a thread.
//!
//! The runtime's I/O driver waits for a `timerfd` among its other descriptors, and then calls the timer's own [`Waker`],
//! which wakes the sleepers that are due. No thread and no task lie between: the worker that waited runs the sleeper's task.

use std::{
    io, mem,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    task::Waker,
    time::Instant,
};

#[cfg(target_os = "linux")]
use super::timerfd::Timerfd;
use super::{thread, wakers::Wakers};

#[derive(Default)]
pub(super) struct Timer {
    sleepers: Mutex<Sleepers>,
    /// Notifies the thread, if there is one.
    changed: Condvar,
}

#[derive(Default)]
pub(super) struct Sleepers {
    pub(super) wakers: Wakers,
    last_id: u64,
    pub(super) alarm: Alarm,
}

/// What waits for the earliest deadline.
#[derive(Default)]
pub(super) enum Alarm {
    #[default]
    Thread,
    #[cfg(target_os = "linux")]
    Timerfd(Timerfd),
    Closed,
}

impl Timer {
    pub(super) fn start() -> io::Result<Arc<Self>> {
        #[cfg(target_os = "linux")]
        if let Some(timer) = Self::start_in_runtime() {
            return Ok(timer);
        }
        Self::start_thread()
    }

    pub(super) fn start_thread() -> io::Result<Arc<Self>> {
        let timer = Arc::<Self>::default();
        Arc::clone(&timer).wait_in_thread()?;
        Ok(timer)
    }

    pub(super) fn name(&self) -> &'static str {
        match self.lock().alarm {
            #[cfg(target_os = "linux")]
            Alarm::Timerfd(_) => "timerfd",
            _ => "thread",
        }
    }

    /// Wakes `waker` at `deadline`. An `id` of 0 becomes that of a new sleeper.
    pub(super) fn register(&self, deadline: Instant, id: &mut u64, waker: &Waker) {
        let waker = waker.clone();
        let mut sleepers = self.lock();
        if *id == 0 {
            sleepers.last_id += 1;
            *id = sleepers.last_id;
        }
        let (replaced, is_first) = sleepers.wakers.insert((deadline, *id), waker);
        let must_notify = match &mut sleepers.alarm {
            #[cfg(target_os = "linux")]
            Alarm::Timerfd(timerfd) => {
                // Under the lock, or a later deadline could replace an earlier one.
                timerfd.advance(deadline);
                false
            }
            _ => is_first,
        };
        drop(sleepers);
        if must_notify {
            self.changed.notify_one();
        }
        // After the lock is released: it may own a task that owns another sleeper.
        drop(replaced);
    }

    pub(super) fn deregister(&self, deadline: Instant, id: u64) {
        let waker = self.lock().wakers.remove((deadline, id));
        // As above.
        drop(waker);
    }

    /// Ends the wait, and the cycle by which the descriptor's waker owns the timer.
    pub(super) fn close(&self) {
        let _ended = mem::replace(&mut self.lock().alarm, Alarm::Closed);
        self.changed.notify_one();
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Sleepers> {
        self.sleepers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait_in_thread(self: Arc<Self>) -> io::Result<()> {
        thread::start(move || self.wait())
    }

    /// Returns when the timer is closed.
    pub(super) fn wait(&self) {
        let mut due = Vec::new();
        let mut sleepers = self.lock();
        while !matches!(sleepers.alarm, Alarm::Closed) {
            let now = Instant::now();
            let next = sleepers.wakers.take_due(now, &mut due);
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

    /// `None` without a runtime, without its I/O driver, or where the system refuses the descriptor.
    #[cfg(target_os = "linux")]
    fn start_in_runtime() -> Option<Arc<Self>> {
        let (timer, timerfd) = (Arc::<Self>::default(), Timerfd::create()?);
        // The runtime may end at once, and then calls the waker.
        let mut sleepers = timer.lock();
        timerfd.wait(&Waker::from(Arc::clone(&timer))).ok()?;
        sleepers.alarm = Alarm::Timerfd(timerfd);
        drop(sleepers);
        Some(timer)
    }
}

#[cfg(target_os = "linux")]
impl std::task::Wake for Timer {
    /// The descriptor may be readable, or its runtime has ended.
    fn wake(self: Arc<Self>) {
        let mut sleepers = self.lock();
        let Sleepers { wakers, alarm, .. } = &mut *sleepers;
        let Alarm::Timerfd(timerfd) = alarm else {
            return;
        };
        // Before anything is armed, or its expiry would wake no task.
        if timerfd.wait(&Waker::from(Arc::clone(&self))).is_err() {
            let ended = mem::replace(alarm, Alarm::Thread);
            drop(sleepers);
            drop(ended);
            if let Err(error) = self.wait_in_thread() {
                tracing::error!("no sleeper wakes any more: cannot start a thread: {error}");
            }
            return;
        }
        let mut due = Vec::new();
        let next = wakers.take_due(Instant::now(), &mut due);
        timerfd.rearm(next);
        drop(sleepers);
        due.into_iter().for_each(Waker::wake);
    }
}
