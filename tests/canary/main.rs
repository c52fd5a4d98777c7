//! `httpserver canary` with real parts: a healthy pipeline is judged good round after round, each fault at its own hop, and
//! restarts, rollouts and what is late are told apart from a loss.

#![cfg(test)]

#[path = "../parts/mod.rs"]
#[allow(
    dead_code,
    unused_imports,
    reason = "each test binary uses its own part of it"
)]
mod parts;
#[path = "../verify/proxy.rs"]
#[allow(dead_code, reason = "only some of its faults are needed")]
mod proxy;

mod canary;
mod claims;
mod clock;
mod ending;
mod gone;
mod healthy;
mod late;
mod losses;
mod restarts;
mod soak;
mod together;
mod unread_log;
mod usage;
mod world;
