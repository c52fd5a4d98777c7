//! Prometheus, or any store with its HTTP API.

mod api;
mod run;

pub use api::Prometheus;
pub use run::PrometheusRun;
