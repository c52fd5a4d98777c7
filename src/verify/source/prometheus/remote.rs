//! The store behind Prometheus: waits until the samples of the run can be read there, and fetches them.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use super::{
    api::{Prometheus, PrometheusError},
    queries::{Queries, lookback},
    stale::markers,
    timekeeper::latest,
};
use crate::{
    contract::{Metric, Names},
    verify::{
        model::{
            exposition,
            form::Form,
            labels::has_all,
            lag::Sightings,
            promql::Selector,
            rate::Range,
            remote::{QueueCounts, RemoteCopy},
            scrapes::{Scrapes, USUAL_WAIT},
            series::Series,
            store::Kind,
        },
        source::{pace::Pace, wait},
    },
};

/// A store behind a Prometheus.
pub struct Remote<'a> {
    queries: Queries<'a>,
    /// Whose samples it gets.
    writer: Prometheus,
    before: Option<QueueCounts>,
}

impl<'a> Remote<'a> {
    /// Asks the store for its time, and the Prometheus for what it has written so far.
    pub async fn begin(
        store: Prometheus,
        writer: Prometheus,
        names: &'a Names,
        selector: &'a Selector,
    ) -> Result<Self, PrometheusError> {
        let store = store.detected().await?;
        store.now().await?;
        let before = queue(&writer).await;
        Ok(Self {
            queries: Queries::new((store, None), names, selector),
            writer,
            before,
        })
    }

    /// Asks once a second for the last samples, while something else goes on; never returns.
    pub async fn watch(&mut self) {
        self.queries.watch(&[]).await;
    }

    /// Waits until every sample of the run in `scrapes` can be read here, too.
    pub async fn copy(
        mut self,
        scrapes: &Scrapes,
        wait: Option<Duration>,
    ) -> Result<RemoteCopy, PrometheusError> {
        let (mut here, range) = own_samples(scrapes, self.queries.names);
        let queries = &mut self.queries;
        let bounds: BTreeSet<_> = here
            .iter()
            .filter_map(Series::bound)
            .map(f64::to_bits)
            .collect();
        queries.bounds = bounds.into_iter().map(f64::from_bits).collect();
        let accepted = queries.names.family(Metric::RequestsAccepted);
        let is_converted = |series: &Series| {
            let form = scrapes.forms.get(&series.target());
            form.is_some_and(|form| *form != Form::Classic) && series.name() != accepted
        };
        let has_converted = here.iter().any(is_converted);
        let is_partial = has_converted && queries.store().kind == Kind::VictoriaMetrics;
        if is_partial {
            here.retain(|series| !is_converted(series));
        }
        let waited = wait.unwrap_or(USUAL_WAIT);
        let mut copy = RemoteCopy {
            store: queries.store().clone(),
            here,
            there: Vec::new(),
            lag: None,
            sightings: Sightings::default(),
            waited,
            markers: None,
            is_partial,
            is_converted: has_converted,
            queue: None,
        };
        let begun = Instant::now();
        let mut failure = None;
        let what = format!("{} to have the samples of the run", queries.store());
        let is_last_there = |latest: &[Series]| {
            // One that ended is not returned any more.
            let mut going = scrapes.targets.iter().filter(|target| target.is_complete);
            going.all(|target| {
                let is_own = |series: &&Series| has_all(&series.labels, &target.labels);
                let mut own = latest.iter().filter(is_own);
                own.any(|series| series.reaches(target.span.1))
            })
        };
        let mut pace = Pace::begin();
        wait::until(&what, waited, async || {
            match queries.latest(&[]).await {
                Ok(latest) if !pace.is_due(is_last_there(&latest)) => {
                    failure = None;
                    return None;
                }
                Ok(_) => {}
                Err(error) => {
                    failure = Some(error);
                    return None;
                }
            }
            failure = fill(&mut copy, queries, range, waited).await.err();
            copy.lag.map(|_| ())
        })
        .await;
        if let Some(error) = failure {
            return Err(error);
        }
        if copy.lag.is_none() {
            fill(&mut copy, queries, range, waited).await?;
        }
        copy.waited = begun.elapsed();
        let rest = waited
            .saturating_sub(copy.waited)
            .max(Duration::from_secs(5));
        // Those that were converted are there under another name.
        let own = copy.here.iter().filter(|series| !is_converted(series));
        let own: Vec<_> = own.collect();
        copy.markers = markers(&self.writer, &self.queries, &own, rest).await;
        copy.sightings = self.queries.sightings.clone();
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
    let there = queries
        .counters(lookback(range.from, now, repeated))
        .await?;
    Ok((within(there.iter(), range), latest(now)))
}

/// Fetches what is in the store, and how late the last of it was there.
async fn fill(
    copy: &mut RemoteCopy,
    queries: &Queries<'_>,
    range: Range,
    repeated: Duration,
) -> Result<(), PrometheusError> {
    let (there, now) = samples(queries, range, repeated).await?;
    copy.there = there;
    copy.lag = copy.is_complete().then(|| since(range.to, now));
    Ok(())
}

fn since(before: i64, now: i64) -> Duration {
    Duration::from_millis(u64::try_from(now - before).unwrap_or_default())
}

async fn queue(prometheus: &Prometheus) -> Option<QueueCounts> {
    let page = prometheus.own_metrics().await?;
    QueueCounts::read(&exposition::parse(&page).ok()?)
}
