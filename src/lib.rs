//! An HTTP service whose latency is known: each request waits a delay drawn from a declared distribution, the wait is
//! measured once and reported everywhere, and commands check whether what a monitoring pipeline reports is true.
//!
//! # Layers
//! `main -> cli -> canary -> verify -> {serve, load, healthcheck} -> {observe, server} -> {telemetry, client, shutdown} -> {timer,
//! clock} -> instruments -> truth -> {buckets, delay} -> {contract, exit, exposition, number, output} -> {digits,
//! media_range}`: a module uses only modules to its right. `tests/layers` checks it.
//!
//! | module | duty |
//! |---|---|
//! | [`cli`] | the command line: runs one command from start to end |
//! | [`canary`] | rounds of `verify` around the clock: metrics, status, log |
//! | [`verify`] | drives known traffic and judges, hop by hop, what a pipeline reports of it |
//! | [`serve`] | the service: routes, and what each request gets |
//! | [`load`] | the open-loop load generator |
//! | [`healthcheck`] | one question to a running service |
//! | [`observe`] | the tower layer around every request: ledger, metrics, span, headers |
//! | [`server`] | binds, accepts, drains |
//! | [`telemetry`] | SDKs, exporters and `OTEL_*`; the only place that knows them |
//! | [`client`] | the HTTP client of `load`, `verify` and `healthcheck` |
//! | [`shutdown`] | signals and readiness |
//! | [`timer`], [`clock`] | measuring a request; waiting precisely |
//! | [`instruments`] | every metric, defined once |
//! | [`truth`] | exact statistics of a delay, and what Prometheus will estimate |
//! | [`delay`], [`buckets`] | quantile functions and their grammar; bucket bounds and `histogram_quantile` |
//! | [`contract`] | what the service writes and others read: names, headers, JSON |
//! | [`exposition`] | one reading of every metric, and the formats that it is written in |
//! | [`exit`], [`output`], [`number`] | exit codes; results as text or JSON; whole numbers of flags |
//! | `digits`, `media_range` | numbers as digits; what an `Accept` header prefers |
//!
//! [`observe`], [`server`], [`telemetry`], [`shutdown`] and [`instruments`] suit other services, too:
//! `examples/service.rs`.
//!
//! # One request
//! [`server`] `->` [`observe`] (span, ledger; [`serve`] plans: u -> [`delay::Delay::quantile`]) `->` handler
//! ([`clock::Clock::sleep`]) `->` [`observe`] ([`timer`] -> [`instruments`], span, headers) `->` [`telemetry`] `->
//! /metrics`, OTLP.
//!
//! # Where to start reading
//! [`delay`] is what the product is about, [`timer`] is the one measurement, `serve::plan` and `serve::routes::images` use
//! them.

#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr // `eprintln!` panics where stderr is closed
)]

pub mod buckets;
pub mod canary;
pub mod cli;
pub mod client;
pub mod clock;
pub mod contract;
pub mod delay;
mod digits;
pub mod exit;
pub mod exposition;
pub mod healthcheck;
pub mod instruments;
pub mod load;
mod media_range;
pub mod number;
pub mod observe;
pub mod output;
pub mod serve;
pub mod server;
pub mod shutdown;
pub mod telemetry;
pub mod timer;
pub mod truth;
pub mod verify;
