//! Prometheus -> remote: the store behind Prometheus has the same samples, and how late they were there.

use super::judgement::{Hop, first};
use crate::verify::{
    evidence::Evidence,
    model::{
        remote::{Markers, QueueCounts, RemoteCopy, series_text},
        series::Series,
    },
};

const NAME: &str = "Prometheus -> remote";

/// `None` where no store was named.
pub fn judge(evidence: &Evidence) -> Option<Hop> {
    let remote = evidence.remote.as_ref()?;
    Some(Hop::of(NAME, remote, compare))
}

fn compare(copy: &RemoteCopy) -> Hop {
    if copy.here.is_empty() {
        let none = "Prometheus has no sample of the run, so there is nothing to compare";
        return Hop::unjudged(NAME, [none.to_owned()]);
    }
    let found = copy.differences();
    let store = &copy.store.name;
    let (samples, series) = (copy.samples(), copy.here.len());
    if found.missing.len() == series && found.added.is_empty() {
        return Hop::unjudged(
            NAME,
            [format!(
                "{store} has no sample of the run within {:.0?}: is it the store that Prometheus writes to, or is it late? A longer --wait tells",
                copy.waited
            )]
            .into_iter()
            .chain(queue(copy.queue)),
        );
    }
    let mut wrong = Vec::new();
    if !found.missing.is_empty() {
        let names = found.missing.iter().map(|series| series_text(series));
        wrong.push(format!(
            "{} of {series} series are not in {store}: does write_relabel_configs drop or rename them?",
            found.missing.len()
        ));
        wrong.extend(first(names.collect()));
        if copy.is_converted {
            wrong.push(
                "native histograms are written only with send_native_histograms: true".to_owned(),
            );
        }
    }
    wrong.extend(added(&found.added, store));
    if !found.incomplete.is_empty() {
        let lost: usize = found.incomplete.iter().map(|(_, count)| count).sum();
        wrong.push(format!(
            "{lost} of {samples} samples are not in {store} after {:.0?}, in {} series",
            copy.waited,
            found.incomplete.len()
        ));
        let line = |(series, count): &(&Series, usize)| {
            let (total, text) = (series.points.len(), series_text(series));
            format!("{text}: {count} of {total} samples are missing")
        };
        wrong.extend(first(found.incomplete.iter().map(line).collect()));
    }
    if !found.changed.is_empty() {
        wrong.push(format!(
            "{} of {samples} samples have another value in {store}",
            found.changed.len()
        ));
        let changed = found.changed.iter().map(|(series, point, there)| {
            let (text, here, at) = (series_text(series), point.value, point.at);
            format!("{text} at {at} ms: {here} in Prometheus, {there} in {store}")
        });
        wrong.extend(first(changed.collect()));
    }
    let markers = copy.markers.clone().unwrap_or_default();
    if !markers.unmarked.is_empty() {
        wrong.push(format!(
            "{} of {} series that ended in the run are not marked as stale in {store}: queries return their last value for minutes",
            markers.unmarked.len(),
            markers.ended
        ));
        wrong.extend(first(markers.unmarked.iter().map(series_text).collect()));
    }
    let lag = copy.lag.unwrap_or_default();
    let good = format!(
        "{samples} samples of {series} series are in {store} with the same time and value; the last could be read there {lag:.1?} after its scrape, or before"
    );
    let hop = Hop::judged(NAME, wrong, good).with(ended(&markers));
    let partial = copy.is_partial.then(|| {
        format!("{store} converts native histograms to series with vmrange, which are not compared")
    });
    hop.with(partial).with(queue(copy.queue))
}

fn ended(markers: &Markers) -> Vec<String> {
    let seen = markers.ended - markers.unseen - markers.unmarked.len();
    let both =
        (seen > 0).then(|| format!("{seen} series ended in the run, marked as stale in both"));
    let unseen = (markers.unseen > 0).then(|| {
        format!(
            "whether {} series that ended are marked as stale cannot be seen: their last sample is 5 minutes old",
            markers.unseen
        )
    });
    both.into_iter().chain(unseen).collect()
}

fn added(added: &[&Series], store: &str) -> Vec<String> {
    if added.is_empty() {
        return Vec::new();
    }
    let count = added.len();
    let mut lines = vec![format!("{count} series are only in {store}")];
    lines.extend(first(
        added.iter().map(|series| series_text(series)).collect(),
    ));
    lines
}

fn queue(counts: Option<QueueCounts>) -> Option<String> {
    let QueueCounts {
        failed,
        dropped,
        retried,
    } = counts.filter(|counts| *counts != QueueCounts::default())?;
    Some(format!(
        "by its own metrics, Prometheus dropped {dropped} samples in the run, failed to send {failed} and sent {retried} again; relabelling drops, too"
    ))
}
