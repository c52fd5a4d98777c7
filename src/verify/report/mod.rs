//! The report of a run: text, JSON and exit code come from the same value.

pub mod lag;
mod table;

use std::fmt;

use serde::Serialize;

use super::{
    evidence::Evidence,
    hop::{self, Hop, QueryResult, Verdict},
    model::{claim::ClaimSummary, lag::Lag, store::Store, trace_store::TraceStore},
};
use crate::exit::Exit;
use table::Table;

/// Hops, table and verdict of one run.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    target: String,
    claim: ClaimSummary,
    /// What answers at `--prometheus`.
    store: Option<Store>,
    /// What answers at `--traces`.
    trace_store: Option<TraceStore>,
    sent: usize,
    elapsed_seconds: f64,
    hops: Vec<Hop>,
    /// Those of `--query`.
    queries: Vec<QueryResult>,
    /// From an answer until it can be seen.
    lag: Vec<Lag>,
    percentiles: Table,
    verdict: Verdict,
    exit: u8,
}

impl Report {
    pub fn of(target: &str, evidence: &Evidence) -> Self {
        let mut hops = hop::judge(evidence);
        if evidence.limits.require_all {
            let skipped = |hop: &&mut Hop| {
                hop.verdict == Verdict::Skipped && !hop.is_unreachable && !hop.is_absent
            };
            for hop in hops.iter_mut().filter(skipped) {
                hop.verdict = Verdict::Fail;
                hop.summary = format!("skipped, which --require-all forbids: {}", hop.summary);
            }
        }
        let exit = exit(&hops);
        let verdict = match exit {
            Exit::Failed => Verdict::Fail,
            Exit::Unreachable => Verdict::Skipped,
            _ if hops.iter().any(|hop| hop.verdict == Verdict::Warn) => Verdict::Warn,
            _ => Verdict::Pass,
        };
        Self {
            target: target.to_owned(),
            claim: evidence.claim.summary(),
            store: evidence.scrapes.found().map(|it| it.store.clone()),
            trace_store: evidence.trace_store.clone(),
            sent: evidence.sent.len(),
            elapsed_seconds: evidence.driven.elapsed.as_secs_f64(),
            queries: hop::query_results(evidence),
            lag: lag::of(evidence),
            percentiles: Table::of(evidence),
            verdict,
            hops,
            exit: exit as u8,
        }
    }

    pub fn exit(&self) -> Exit {
        exit(&self.hops)
    }
}

fn exit(hops: &[Hop]) -> Exit {
    if hops.iter().any(|hop| hop.verdict == Verdict::Fail) {
        Exit::Failed
    } else if hops.iter().any(|hop| hop.is_unreachable || hop.is_unjudged) {
        Exit::Unreachable
    } else {
        Exit::Good
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "target  {}", self.target)?;
        writeln!(f, "claim   {}", self.claim)?;
        if let Some(store) = &self.store {
            writeln!(f, "store   {store}")?;
        }
        if let Some(store) = &self.trace_store {
            writeln!(f, "traces  {store}")?;
        }
        writeln!(
            f,
            "load    {} requests in {:.1} s",
            self.sent, self.elapsed_seconds
        )?;
        writeln!(f)?;
        for hop in &self.hops {
            let store = self.trace_store.as_ref();
            let name = store.map_or(hop.name.to_owned(), |store| store.of_hop(hop.name));
            writeln!(f, "{:<7}  {name:<24}  {}", hop.verdict, hop.summary)?;
            for detail in &hop.details {
                writeln!(f, "{:35}{detail}", "")?;
            }
        }
        if !self.lag.is_empty() {
            writeln!(f)?;
        }
        for lag in &self.lag {
            writeln!(f, "lag     {lag}")?;
        }
        writeln!(f)?;
        write!(f, "{}", self.percentiles)?;
        writeln!(f)?;
        let of = |verdict| {
            let hops = self.hops.iter();
            hops.filter(|hop| hop.verdict == verdict).count()
        };
        writeln!(
            f,
            "{} hops passed, {} warned, {} failed, {} skipped",
            of(Verdict::Pass),
            of(Verdict::Warn),
            of(Verdict::Fail),
            of(Verdict::Skipped)
        )
    }
}
