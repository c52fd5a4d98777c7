//! How a command ended, as an exit code.

use std::process::ExitCode;

/// The exit codes that every command keeps to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: all is well.
    Good,
    /// 1: a check failed.
    Failed,
    /// 2: the command line or the environment is wrong.
    Usage,
    /// 3: something that was to be checked could not be reached.
    Unreachable,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Good => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::Unreachable => 3,
        })
    }
}
