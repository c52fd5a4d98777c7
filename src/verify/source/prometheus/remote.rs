//! The store behind Prometheus: waits until the samples of the run can be read there, and fetches them.

use std::{
    cell::RefCell,
    time::{Duration, Instant},
};

use super::{
    api::{Prometheus, PrometheusError},
    queries::{LOOKBACK_MARGIN_MS, Queries},
    timekeeper::latest,
};
use crate::{
    contract::Names,
    verify::{
        model::{
            exposition,
            promql::Selector,
            rate::Range,
            remote::{QueueCounts, RemoteCopy},
            scrapes::{Scrapes, USUAL_WAIT},
            series::Series,
        },
        source::wait,
    },
};

/// A store behind a Prometheus.
pub struct Remote {
    store: Prometheus,
    /// Whose samples it gets.
    writer: Prometheus,
    before: Option<QueueCounts>,
}

impl Remote {
    /// Asks the store for its time, and the Prometheus for what it has written so far.
    pub async fn begin(store: Prometheus, writer: Prometheus) -> Result<Self, PrometheusError> {
        let store = store.detected().await?;
        store.now().await?;
        let before = queue(&writer).await;
        Ok(Self {
            store,
            writer,
            before,
        })
    }

    /// Waits until every sample of the run in `scrapes` can be read here, too.
    pub async fn copy(
        self,
        scrapes: &Scrapes,
        names: &Names,
        wait: Option<Duration>,
    ) -> Result<RemoteCopy, PrometheusError> {
        let (here, range) = own_samples(scrapes, names);
        let selector = Selector::default();
        let queries = Queries::new((self.store, None), names, &selector);
        let waited = wait.unwrap_or(USUAL_WAIT);
        let copy = RefCell::new(RemoteCopy {
            store: queries.store().clone(),
            here,
            there: Vec::new(),
            lag: None,
            waited,
            queue: None,
        });
        let begun = Instant::now();
        let mut failure = None;
        let what = format!("{} to have the samples of the run", queries.store());
        wait::until(&what, waited, async || {
            match samples(&queries, range, waited).await {
                Ok((there, now)) => {
                    failure = None;
                    let mut copy = copy.borrow_mut();
                    copy.there = there;
                    let lag = u64::try_from(now - range.to).unwrap_or_default();
                    copy.lag = copy.is_complete().then(|| Duration::from_millis(lag));
                    copy.lag.map(|_| ())
                }
                Err(error) => {
                    failure = Some(error);
                    None
                }
            }
        })
        .await;
        if let Some(error) = failure {
            return Err(error);
        }
        let mut copy = copy.into_inner();
        copy.waited = begun.elapsed();
        let after = queue(&self.writer).await;
        copy.queue = after
            .zip(self.before)
            .map(|(after, before)| after.since(before));
        Ok(copy)
    }
}

/// The samples of the run, of the targets that answered.
fn own_samples(scrapes: &Scrapes, names: &Names) -> (Vec<Series>, Range) {
    let spans = || scrapes.targets.iter().map(|target| target.span);
    let range = Range {
        from: spans().map(|(from, _)| from).min().unwrap_or_default() - 1,
        to: spans().map(|(_, to)| to).max().unwrap_or_default(),
    };
    let own = scrapes.raw.iter().filter(|series| {
        let mut targets = scrapes.targets.iter();
        names.read(series.name()).is_some() && targets.any(|it| series.is_from(&it.labels))
    });
    (within(own, range), range)
}

fn within<'a>(all: impl Iterator<Item = &'a Series>, range: Range) -> Vec<Series> {
    let inside = all.map(|series| Series {
        labels: series.labels.clone(),
        points: range.slice(&series.points).to_vec(),
    });
    inside.filter(|series| !series.points.is_empty()).collect()
}

/// The samples of the range in the store, and its time. The question may be repeated, and be answered later.
async fn samples(
    queries: &Queries<'_>,
    range: Range,
    repeated: Duration,
) -> Result<(Vec<Series>, i64), PrometheusError> {
    let now = queries.prometheus.now().await?;
    let repeated = i64::try_from(repeated.as_millis()).unwrap_or_default();
    let lookback = (now - range.from).max(0) + LOOKBACK_MARGIN_MS + repeated;
    let there = queries.counters(lookback).await?;
    Ok((within(there.iter(), range), latest(now)))
}

async fn queue(prometheus: &Prometheus) -> Option<QueueCounts> {
    let page = prometheus.own_metrics().await?;
    QueueCounts::read(&exposition::parse(&page).ok()?)
}
