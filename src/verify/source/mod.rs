//! The sources that are asked: the service, Prometheus, Jaeger. They fetch and wait; they judge nothing.

mod addresses;
mod formats;
pub mod jaeger;
mod pace;
pub mod pages;
pub mod probe;
pub mod prometheus;
pub mod trace_lag;
pub mod truth;
mod url;
pub mod wait;
