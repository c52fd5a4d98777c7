//! What the sources returned, and the arithmetic on it. Pure: no client, no clock.

pub mod agreement;
pub mod claim;
pub mod counts;
pub mod exemplars;
pub mod exports;
pub mod exposition;
pub mod finding;
pub mod histogram;
pub mod identify;
pub mod labels;
pub mod native;
pub mod page;
pub mod processes;
pub mod promql;
pub mod quantile_query;
pub mod rate;
pub mod refusal;
pub mod requests;
pub mod scrapes;
pub mod series;
pub mod settings;
pub mod spans;
pub mod statistics;
pub mod store;
