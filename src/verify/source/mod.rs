//! The sources that are asked: the service, Prometheus, the store of the traces. They fetch and wait; they judge nothing.

mod addresses;
pub mod clock;
mod formats;
mod pace;
mod page;
pub mod pages;
pub mod probe;
pub mod prometheus;
pub mod trace_lag;
pub mod traces;
pub mod truth;
mod url;
pub mod wait;
