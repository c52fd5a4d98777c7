//! The Kubernetes manifests, read as files: allowed connections, and values that must agree. Needs no cluster;
//! `tests/cluster` applies them to one.

mod agree;
mod flows;
mod objects;
mod policy;
