//! Series that ended in the run: Prometheus marks them as stale, and the store behind it must do so, too.

use std::{collections::BTreeSet, time::Duration};

use super::{answer::Data, api::Prometheus, queries::Queries};
use crate::verify::{
    model::{
        labels::{Labels, has_all},
        remote::Markers,
        series::Series,
        store::Kind,
    },
    source::wait,
};

/// A series without a marker is returned for 5 minutes after its last sample; less a margin.
const LOOKBACK_MS: i64 = 290_000;
/// How long markers may take after the last sample.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// Waits until the store has marked each of these series that Prometheus has.
pub async fn markers(
    writer: &Prometheus,
    queries: &Queries<'_>,
    here: &[&Series],
    waited: Duration,
) -> Option<Markers> {
    let own = queries.own_series();
    let now = writer.now().await.ok()?;
    let fresh = names(writer.vector_at(&own, now).await.ok()?);
    let is_ended = |series: &&&Series| !fresh.contains(&series.labels);
    let ended: Vec<&Series> = here.iter().filter(is_ended).copied().collect();
    let mut found = Markers {
        ended: ended.len(),
        unseen: 0,
        unmarked: Vec::new(),
    };
    // Older ones are not returned in any case.
    let (ended, older): (Vec<_>, Vec<_>) = ended
        .into_iter()
        .partition(|series| series.reaches(now - LOOKBACK_MS));
    found.unseen = older.len();
    if ended.is_empty() {
        return Some(found);
    }
    let what = format!("{} to mark the series that ended as stale", queries.store());
    let mut unmarked = None;
    wait::until(&what, waited.min(LONGEST_WAIT), async || {
        let is_victoria_metrics = queries.store().kind == Kind::VictoriaMetrics;
        let left: Vec<_> = if is_victoria_metrics {
            // It returns markers, and drops a series after a few scrapes in any case.
            let marked = marked(queries, &own).await?;
            ended.iter().filter(|it| !has_copy(&marked, it)).collect()
        } else {
            let fresh = names(queries.prometheus.vector(&own).await.ok()?);
            ended.iter().filter(|it| has_copy(&fresh, it)).collect()
        };
        let left: Vec<Series> = left.into_iter().map(|it| (*it).clone()).collect();
        let is_done = left.is_empty();
        unmarked = Some(left);
        is_done.then_some(())
    })
    .await;
    found.unmarked = unmarked?;
    Some(found)
}

fn names(samples: Vec<(Labels, f64)>) -> BTreeSet<Labels> {
    samples.into_iter().map(|(labels, _)| labels).collect()
}

/// Whether a series is among these, which may have external labels.
fn has_copy(there: &BTreeSet<Labels>, series: &Series) -> bool {
    there.iter().any(|labels| has_all(labels, &series.labels))
}

/// Those that end with a marker.
async fn marked(queries: &Queries<'_>, own: &str) -> Option<BTreeSet<Labels>> {
    let selector = format!("{own}[{LOOKBACK_MS}ms]");
    let Data::Matrix(all) = queries.prometheus.query(&selector, None).await.ok()? else {
        return None;
    };
    let series = all.into_iter().filter_map(|series| series.read(false));
    let is_marked = |series: &Series| series.points.last().is_some_and(|it| it.value.is_nan());
    Some(series.filter(is_marked).map(|it| it.labels).collect())
}
