//! How a command ended, as an exit code.

use std::process::ExitCode;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: success.
    Good = 0,
    /// 1: a check failed.
    Failed = 1,
    /// 2: the command line or the environment is wrong.
    Usage = 2,
    /// 3: something to check could not be reached.
    Unreachable = 3,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
