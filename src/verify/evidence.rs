//! Everything that a run gathered, before any judgement. Only fields; the hops compute.

use std::time::Duration;

use super::{
    args::LimitArgs,
    model::{
        claim::Claim, finding::Finding, lag::Lags, page::Replica, remote::RemoteCopy,
        requests::Requests, scrapes::Scrapes, spans::Traces, trace_store::TraceStore,
    },
};
use crate::load::Driven;

#[derive(Clone, Debug)]
pub struct Evidence {
    pub claim: Claim,
    /// What is claimed when the counts are complete, where that was asked again.
    pub claim_after: Option<Claim>,
    pub limits: LimitArgs,
    /// How long each request waited for its answer (`--timeout`).
    pub timeout: Duration,
    /// Whether `--query` was given.
    pub has_own_queries: bool,
    pub driven: Driven,
    /// When the load began, in milliseconds of this machine's Unix time.
    pub began: i64,
    pub sent: Requests,
    pub replicas: Finding<Vec<Replica>>,
    pub scrapes: Finding<Scrapes>,
    /// `None` where no `--remote` was given.
    pub remote: Option<Finding<RemoteCopy>>,
    pub traces: Finding<Traces>,
    /// `None` where no `--traces` was given.
    pub trace_store: Option<TraceStore>,
    pub trace_lags: Lags,
    /// Whether the store of the traces has lost one that it had.
    pub is_trace_store_emptied: bool,
    /// How long was waited for the traces.
    pub traces_wait: Duration,
}
