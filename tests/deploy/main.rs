//! Deployment files agree with each other and with the service: tags, names, variables, queries. Reads files, and
//! scrapes the service in this process; needs no Docker. `tests/compose` runs the real stack.

mod agree;
mod files;
mod metrics;
mod native;
mod parts;
mod queries;
