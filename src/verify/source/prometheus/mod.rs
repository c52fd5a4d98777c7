//! Prometheus, or any store with its HTTP API.

mod api;
mod features;
mod native;
mod own_queries;
mod queries;
mod run;

pub use api::{Prometheus, PrometheusError};
pub use run::{Answered, PrometheusRun};
