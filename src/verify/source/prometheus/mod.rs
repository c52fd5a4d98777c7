//! Prometheus, or any store with its HTTP API.

mod api;
mod queries;
mod run;

pub use api::Prometheus;
pub use run::{Answered, PrometheusRun};
