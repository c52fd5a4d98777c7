//! Prometheus -> remote: the store behind Prometheus has the same samples, and how late they were there.

use super::judgement::{Hop, first, plural};
use crate::verify::{
    evidence::Evidence,
    model::{
        remote::{QueueCounts, RemoteCopy, series_text},
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
    }
    wrong.extend(added(&found.added, store));
    if !found.incomplete.is_empty() {
        let lost: usize = found.incomplete.iter().map(|(_, count)| count).sum();
        wrong.push(format!(
            "{lost} of {samples} samples are not in {store} after {:.0?}, in {}",
            copy.waited,
            plural(found.incomplete.len(), "series")
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
    let lag = copy.lag.unwrap_or_default();
    let good = format!(
        "{samples} samples of {series} series are in {store} with the same time and value; the last could be read there {lag:.1?} after its scrape, or before"
    );
    Hop::judged(NAME, wrong, good).with(queue(copy.queue))
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
