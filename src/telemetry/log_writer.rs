//! Writes log lines to stderr. A reader that does not read delays a line by at most a second, and then costs lines: it must
//! stop neither requests nor the end of the process.

use std::{
    io::{self, Write},
    sync::atomic::{AtomicBool, Ordering::Relaxed},
};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// What a pipe that can be written to takes at once without waiting: a page.
const CHUNK: usize = 4096;
/// How long a reader may take, unless it has just taken longer.
const LONGEST: Timespec = Timespec {
    tv_sec: 1,
    tv_nsec: 0,
};

/// Whether the last line was dropped.
static IS_STUCK: AtomicBool = AtomicBool::new(false);

/// Stderr, where a whole line is one write.
#[derive(Clone, Copy, Debug)]
pub struct LogWriter;

impl Write for LogWriter {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut stderr = io::stderr().lock();
        for chunk in line.chunks(CHUNK) {
            if !is_writable(&stderr) {
                IS_STUCK.store(true, Relaxed);
                break;
            }
            stderr.write_all(chunk)?;
            IS_STUCK.store(false, Relaxed);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Waits until it can be written to, or the time is over. An error shows in the write.
fn is_writable(stderr: &io::StderrLock<'_>) -> bool {
    let is_stuck = IS_STUCK.load(Relaxed);
    let wait = if is_stuck {
        Timespec::default()
    } else {
        LONGEST
    };
    let mut asked = [PollFd::new(stderr, PollFlags::OUT)];
    !matches!(poll(&mut asked, Some(&wait)), Ok(0))
}
