//! Prometheus, or any store with its HTTP API.

mod answer;
mod api;
mod detect;
mod features;
mod native;
mod own_queries;
mod queries;
mod run;

pub use api::{Prometheus, PrometheusError};
pub use run::{Answered, PrometheusRun};
