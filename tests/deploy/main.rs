//! What is deployed agrees with itself and with the service: tags, names, variables, queries. Reads files, and
//! scrapes the service in this process; nothing here needs an engine. `tests/compose` runs the real stack.

mod agree;
mod files;
mod metrics;
mod parts;
mod queries;
