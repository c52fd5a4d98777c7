//! An HTTP service whose latency is known.
//!
//! # Layers
//! `main -> cli -> verify -> {serve, load, healthcheck} -> {telemetry, client, shutdown} -> {timer, clock} ->
//! instruments -> truth -> {buckets, delay}`: a module uses only what stands to its right. `tests/layers.rs` holds it.

pub mod buckets;
pub mod delay;
pub mod truth;
