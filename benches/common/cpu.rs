//! CPU time of the running threads of a process, in nanoseconds. Linux only.

use std::{fs, path::Path, time::Duration};

/// User and system time of the threads of `pid` whose name passes `wanted`, without threads that have ended.
pub fn of_threads(pid: u32, wanted: impl Fn(&str) -> bool) -> anyhow::Result<Duration> {
    let mut nanoseconds = 0;
    for thread in fs::read_dir(format!("/proc/{pid}/task"))? {
        let thread = thread?.path();
        // A thread may end after it was listed.
        nanoseconds += time_of(&thread, &wanted).unwrap_or(0);
    }
    Ok(Duration::from_nanos(nanoseconds))
}

fn time_of(thread: &Path, wanted: impl Fn(&str) -> bool) -> Option<u64> {
    let name = fs::read_to_string(thread.join("comm")).ok()?;
    if !wanted(name.trim_end()) {
        return Some(0);
    }
    // The first field is the time on a CPU, <https://docs.kernel.org/scheduler/sched-stats.html>.
    let spent = fs::read_to_string(thread.join("schedstat")).ok()?;
    spent.split(' ').next()?.parse().ok()
}
