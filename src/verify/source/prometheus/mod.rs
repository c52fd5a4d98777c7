//! Prometheus, or any store with its HTTP API.

mod api;
mod features;
mod queries;
mod run;

pub use api::{Prometheus, PrometheusError};
pub use run::{Answered, PrometheusRun};
