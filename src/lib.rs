//! An HTTP service whose latency is known: each request waits a delay from a declared distribution, the wait is
//! measured once and said everywhere, and commands say whether what a pipeline reports of it is true.
//!
//! # Layers
//! `main -> cli -> verify -> {serve, load, healthcheck} -> {observe, server} -> {telemetry, client, shutdown} ->
//! {timer, clock} -> instruments -> truth -> {buckets, delay} -> {contract, exit, output}`: a module uses only what is to
//! its right. `tests/layers` checks it.
//!
//! # One request
//! `serve::router -> observe -> images` (u -> [`delay::Delay::quantile`] -> [`clock::Clock::sleep`] ->
//! [`timer::ExecutionTimer`]) `->` [`instruments`] `->` [`telemetry`] `-> /metrics`, OTLP.
//!
//! # Where to start reading
//! [`delay`] is what the product is about, [`timer`] is the one measurement, `serve::images` puts both together.

#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout
)]

pub mod buckets;
pub mod cli;
pub mod client;
pub mod clock;
pub mod contract;
pub mod delay;
pub mod exit;
pub mod healthcheck;
pub mod instruments;
pub mod load;
pub mod observe;
pub mod output;
pub mod serve;
pub mod server;
pub mod shutdown;
pub mod telemetry;
pub mod timer;
pub mod truth;
pub mod verify;
