//! The service over real sockets: one module a concern, each test with a service of its own.

mod app;
mod drain;
mod images;
mod ledger;
mod limits;
mod metrics;
mod plain;
mod scrape;
