//! `httpserver verify` with real parts: a healthy pipeline passes, each fault fails at its own hop, and the message
//! names it.

#![cfg(test)]

#[path = "../parts/mod.rs"]
#[allow(
    dead_code,
    unused_imports,
    reason = "each test binary uses its own part of it"
)]
mod parts;

mod answers;
mod asked;
mod broken;
mod certificates;
mod clocks;
mod counts;
mod credentials;
mod deployments;
mod draws;
mod exemplars;
mod faulty;
mod forms;
mod healthy;
mod native;
mod own_query;
mod polite;
mod proxy;
mod remote;
mod restarts;
mod soak;
mod stores;
mod tempo;
mod thanos;
mod traces;
mod verify;
mod world;
