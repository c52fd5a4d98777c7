//! Memory of a process. Linux only.

use anyhow::Context;
use std::fs;

/// A line of `/proc/PID/status`, in bytes: `VmRSS` is the resident memory, `VmHWM` its peak.
pub fn of(pid: u32, line: &str) -> anyhow::Result<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let kibibytes = status
        .lines()
        .find_map(|found| found.strip_prefix(line)?.strip_prefix(':'))
        .and_then(|rest| rest.trim().strip_suffix(" kB"))
        .with_context(|| format!("no {line} in {status}"))?;
    Ok(kibibytes.parse::<f64>()? * 1024.0)
}
