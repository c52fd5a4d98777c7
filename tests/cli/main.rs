//! The command line as a user types it: what it prints, signals, exit codes.

#[path = "../parts/mod.rs"]
#[allow(
    dead_code,
    unused_imports,
    reason = "each test binary uses its own part of it"
)]
mod parts;

mod descriptors;
mod ends;
mod environment;
mod faulty;
mod generated;
mod healthcheck;
mod last_push;
mod last_spans;
mod log;
mod otel;
mod process;
mod secrets;
mod typed;
mod values;
mod vanished;
mod variables;
