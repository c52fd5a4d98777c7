//! The thread that waits where no runtime can: its timers are as precise as the kernel grants.

use std::{io, thread};

pub(super) fn start(wait: impl FnOnce() + Send + 'static) -> io::Result<()> {
    thread::Builder::new().name("clock".to_owned()).spawn(|| {
        minimize_timer_slack();
        wait();
    })?;
    Ok(())
}

/// Linux delays a thread's timers by up to 50 us (timer slack) by default. Best effort.
fn minimize_timer_slack() {
    #[cfg(target_os = "linux")]
    let _ = rustix::thread::set_current_timer_slack(std::num::NonZeroU64::new(1));
}
