//! CPU time as Linux counts it: nanoseconds, of all threads that are alive.

use std::{fs, path::Path, time::Duration};

/// User and system time that the threads of `pid` whose name passes `wanted` have had. Threads that ended are missing.
pub fn of_threads(pid: u32, wanted: impl Fn(&str) -> bool) -> anyhow::Result<Duration> {
    let mut nanoseconds = 0;
    for thread in fs::read_dir(format!("/proc/{pid}/task"))? {
        let thread = thread?.path();
        // A thread may end between the two lines.
        nanoseconds += time_of(&thread, &wanted).unwrap_or(0);
    }
    Ok(Duration::from_nanos(nanoseconds))
}

fn time_of(thread: &Path, wanted: impl Fn(&str) -> bool) -> Option<u64> {
    let name = fs::read_to_string(thread.join("comm")).ok()?;
    if !wanted(name.trim_end()) {
        return Some(0);
    }
    // Its first field: time on a core, <https://docs.kernel.org/scheduler/sched-stats.html>.
    let spent = fs::read_to_string(thread.join("schedstat")).ok()?;
    spent.split(' ').next()?.parse().ok()
}
