//! How a command ended, said as an exit code.

use std::process::ExitCode;

/// The exit codes that every command keeps to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: all is well.
    Good = 0,
    /// 1: a check failed.
    Failed = 1,
    /// 2: the command line or the environment is wrong.
    Usage = 2,
    /// 3: something that was to be checked could not be reached.
    Unreachable = 3,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
