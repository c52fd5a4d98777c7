//! The command line as it is typed: what is printed, the signals, and the exit codes.

mod ends;
mod generated;
mod process;
mod typed;
