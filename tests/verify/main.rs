//! `httpserver verify` among real parts: what is healthy passes, and whatever is wrong fails at its own hop, in words
//! that say so.

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
mod counts;
mod draws;
mod healthy;
mod proxy;
mod restarts;
mod soak;
mod traces;
mod verify;
mod world;
