//! The stores, watched while something else goes on: how late the answers of the run can be seen in each.

use std::{future::Future, mem, time::Duration};

use futures_util::future::{join3, pending};

use super::{
    args::VerifyArgs,
    ask::WITHOUT_PROMETHEUS,
    model::{finding::Finding, remote::RemoteCopy, scrapes::Scrapes},
    source::{
        prometheus::{Answered, PrometheusRun, Remote},
        trace_lag::{Newest, TraceLag},
        traces::TraceSource,
        wait::alongside,
    },
};

pub struct Watched<'a> {
    pub prometheus: Finding<PrometheusRun<'a>>,
    /// `None` where none was asked for.
    pub remote: Option<Finding<Remote<'a>>>,
    pub traces: Finding<TraceSource>,
    /// The replicas that are known before the run.
    pub ids: Vec<String>,
    pub newest: &'a Newest,
    pub trace_lag: TraceLag,
}

impl Watched<'_> {
    /// Does this, and asks each of the stores at an interval meanwhile.
    pub async fn during<T>(&mut self, work: impl Future<Output = T>) -> T {
        let traces = self.traces.found().map(|source| {
            let has = async |id| source.shows(id).await;
            self.trace_lag.watch(self.newest, has)
        });
        let scrapes = self.prometheus.found_mut().map(|run| run.watch(&self.ids));
        let remote = self.remote.as_mut().and_then(Finding::found_mut);
        let stored = remote.map(Remote::watch);
        alongside(work, join3(beside(scrapes), beside(stored), beside(traces))).await
    }

    /// The scrapes of the run, once Prometheus has those after it.
    pub async fn scrapes(
        &mut self,
        answered: &Answered<'_>,
        args: &VerifyArgs,
    ) -> Finding<Scrapes> {
        let run = mem::replace(&mut self.prometheus, Finding::Skipped(String::new()));
        let scrapes = run.then(async |run| {
            let scrapes = run.end(answered, args.limits.rate_window, &args.query);
            scrapes.await.into()
        });
        self.during(Box::pin(scrapes)).await
    }

    /// What the store behind Prometheus has of these scrapes; `None` where none was asked for.
    pub async fn copy(
        &mut self,
        scrapes: &Finding<Scrapes>,
        wait: Option<Duration>,
    ) -> Option<Finding<RemoteCopy>> {
        let remote = self.remote.take()?;
        let Finding::Found(scrapes) = scrapes else {
            return Some(Finding::Skipped(WITHOUT_PROMETHEUS.to_owned()));
        };
        let copy = remote.then(async |remote| remote.copy(scrapes, wait).await.into());
        Some(self.during(Box::pin(copy)).await)
    }
}

/// What goes on beside something else, where there is anything; never returns.
pub fn beside(watching: Option<impl Future<Output = ()>>) -> impl Future<Output = ()> {
    let watching = watching.map(Box::pin);
    async move {
        if let Some(watching) = watching {
            watching.await;
        }
        pending::<()>().await;
    }
}
