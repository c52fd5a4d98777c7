//! The Kubernetes manifests, read as files: who may talk to whom, and what must agree. Needs no cluster; `tests/cluster`
//! applies them to one.

mod agree;
mod flows;
mod objects;
mod policy;
