//! The traces of a run: waits for those that must be there, and says whether the store has lost any that it had.

use std::{
    borrow::Cow,
    time::{Duration, Instant},
};

use super::{
    args::VerifyArgs,
    ask,
    clients::Clients,
    model::{
        expected_traces::ExpectedTraces,
        finding::Finding,
        lag::Lags,
        requests::Requests,
        spans::{Traces, WantedTrace},
    },
    source::{
        trace_lag::{Newest, TraceLag},
        traces::TraceSource,
        wait::alongside,
    },
};

/// What is asked for.
pub struct TracesWanted {
    pub asked: Vec<WantedTrace>,
    /// Which of them are waited for.
    pub expected: ExpectedTraces,
    pub wait: Duration,
    /// One that the store had before the run.
    pub known: Option<u128>,
}

pub struct GatheredTraces {
    pub traces: Finding<Traces>,
    pub lags: Lags,
    /// Whether the store has lost one that it had: it was restarted, or keeps few.
    pub is_store_emptied: bool,
}

/// Waits for the traces, and asks for all of them. `newest` is the request that was answered last.
pub async fn gather(
    (source, args, clients): (Finding<TraceSource>, &VerifyArgs, &Clients),
    (mut lag, newest): (TraceLag, &Newest),
    sent: &Requests,
    wanted: &TracesWanted,
) -> GatheredTraces {
    let begun = Instant::now();
    let source = match source {
        // An outage may be over by now.
        Finding::Unreachable(reason) => {
            let asked = ask::traces_within(args, clients, wanted.wait).await;
            asked.unwrap_or(Finding::Unreachable(reason))
        }
        source => source,
    };
    let wait = wanted.wait.saturating_sub(begun.elapsed());
    let needed = needed(wanted.expected, sent, &wanted.asked);
    let store = source.found().cloned();
    let traces = source.then(async |source| {
        let asked = source.wait_for(&wanted.asked, &needed, wait);
        // One that is there is not as late as another one that is waited for in vain.
        let watching = lag.watch(newest, async |id| source.shows(id).await);
        alongside(Box::pin(asked), watching).await
    });
    let traces = traces.await;
    let is_whole = |id| traces.found().is_some_and(|all| all.get(id).is_some());
    let is_partial = |id| traces.found().is_some_and(|all| all.is_partial(id));
    let is_missing = !needed.iter().all(|it| is_whole(it.id));
    let is_lost = |id| !is_whole(id) && !is_partial(id);
    let mut is_store_emptied = lag.seen().is_some_and(is_lost);
    if let (Some(store), Some(known), true, false) =
        (&store, wanted.known, is_missing, is_store_emptied)
    {
        is_store_emptied = store.has_lost(known).await;
    }
    GatheredTraces {
        lags: lag.end(is_whole),
        is_store_emptied: is_store_emptied && traces.found().is_some(),
        traces,
    }
}

/// The traces that are waited for.
fn needed<'a>(
    expected: ExpectedTraces,
    sent: &Requests,
    asked: &'a [WantedTrace],
) -> Cow<'a, [WantedTrace]> {
    match expected {
        ExpectedTraces::Share(_) => Cow::Borrowed(asked),
        ExpectedTraces::SlowerThan(_) => Cow::Owned(expected.required(sent)),
    }
}
