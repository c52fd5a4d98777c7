//! The service over real sockets: one module per concern, one service per test.

mod app;
mod cardinality;
mod drain;
mod formats;
mod half_closed;
mod http_rules;
mod images;
mod last_scrape;
mod ledger;
mod limits;
mod metrics;
mod page;
mod panics;
mod plain;
mod scrape;
mod trace_headers;
mod truth;
