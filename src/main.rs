//! Parses the command line, runs one command, and turns what happened into an exit code.
fn main() {}
