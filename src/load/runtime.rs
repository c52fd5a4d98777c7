//! The runtime and the clock that requests are sent from.

use std::io;

use tokio::runtime::{Builder, Handle, Runtime, RuntimeFlavor};

use crate::clock::Clock;

/// Requests a second up to which one thread sends. It costs half the CPU of several threads, which wake one another for
/// each request, and saturates near 25,000 a second on a current core.
const ONE_THREAD: f64 = 5_000.0;

/// A runtime for sending `rate` requests a second: one thread, or as many as there are cores.
///
/// # Errors
/// When the system refuses a thread or a descriptor.
pub fn runtime(rate: f64) -> io::Result<Runtime> {
    let mut builder = if rate <= ONE_THREAD {
        Builder::new_current_thread()
    } else {
        Builder::new_multi_thread()
    };
    builder.enable_all().build()
}

/// The clock for a future that the current runtime runs in `block_on`. With several workers that is a thread: another
/// thread has to wake the future in any case, and this one is never busy.
///
/// # Errors
/// When the system refuses a thread.
pub fn clock() -> io::Result<Clock> {
    match Handle::current().runtime_flavor() {
        RuntimeFlavor::CurrentThread => Clock::start(),
        _ => Clock::start_thread(),
    }
}
