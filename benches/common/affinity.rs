//! The cores of a thread, which the processes that it starts inherit. Elsewhere than on Linux, nothing is pinned.

use std::io;

/// The cores that this thread may use.
#[cfg(target_os = "linux")]
#[allow(dead_code, reason = "not every benchmark asks")]
pub fn allowed() -> io::Result<Vec<usize>> {
    use rustix::thread::{CpuSet, sched_getaffinity};
    let cores = sched_getaffinity(None)?;
    Ok((0..CpuSet::MAX_CPU)
        .filter(|&core| cores.is_set(core))
        .collect())
}

#[cfg(not(target_os = "linux"))]
#[allow(dead_code, reason = "not every benchmark asks")]
pub fn allowed() -> io::Result<Vec<usize>> {
    Ok((0..std::thread::available_parallelism()?.get()).collect())
}

/// Restricts this thread, and what it starts from now on, to `cores`.
#[cfg_attr(not(target_os = "linux"), expect(clippy::unnecessary_wraps))]
pub fn pin(cores: &[usize]) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    {
        let mut set = rustix::thread::CpuSet::new();
        for &core in cores {
            set.set(core);
        }
        rustix::thread::sched_setaffinity(None, &set)?;
    }
    #[cfg(not(target_os = "linux"))]
    let _ = cores;
    Ok(())
}
