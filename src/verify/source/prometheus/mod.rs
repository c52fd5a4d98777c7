//! Prometheus, or any store with its HTTP API.

mod answer;
mod api;
mod detect;
mod features;
mod fetch;
mod latest;
mod missing;
mod native;
mod own_queries;
mod queries;
mod remote;
mod run;
mod stale;
mod timekeeper;

pub use api::{Prometheus, PrometheusError};
pub use own_queries::{rule_interval, rule_wait};
pub use remote::Remote;
pub use run::{Answered, PrometheusRun, scrape_interval};
