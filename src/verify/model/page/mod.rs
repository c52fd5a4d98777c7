//! Snapshots of a replica's `/metrics`, and what each process behind it counted between them.

use super::{
    clocks::Ahead, counts::Counts, exports::Exports, exposition::Sample, finding::Finding,
};
use crate::{
    buckets::Schema,
    contract::{
        Metric, Names, Part,
        names::{PROCESS_START_TIME, TARGET_INFO, label},
    },
};

/// How many requests were answered, by status.
const SERVED: &str = "http_server_request_duration_seconds_count";
const STATUS: &str = "http_response_status_code";
/// The resolution of the header `Date`.
const SECOND_MS: i64 = 1000;

/// One read of `/metrics`. Times are milliseconds of this machine's Unix time.
#[derive(Clone, Debug, Default)]
pub struct PageSnapshot {
    pub begun: i64,
    pub done: i64,
    /// By the clock of the service, in whole seconds.
    pub date: Option<i64>,
    pub instance_id: String,
    /// The delay and the seed that the replica declares.
    pub declared: Option<(String, String)>,
    pub counts: Counts,
    /// Requests that were answered with a status of 5xx.
    pub failed: f64,
    /// Start of the process, in seconds of Unix time.
    pub started: Option<f64>,
    pub exports: Exports,
}

/// All snapshots of one URL, in order.
#[derive(Clone, Debug)]
pub struct Replica {
    pub url: String,
    /// Whether its first process began in the run, or was found in it, so that it counted nothing of this name before.
    pub began_in_run: bool,
    /// Whether nothing listened there when the counts were to be read last: its process has ended.
    pub is_gone: bool,
    pub snapshots: Vec<PageSnapshot>,
    /// How many snapshots there were when everything that was sent had been counted.
    pub settled: Option<usize>,
    /// Why the counts after the run are unknown.
    pub unread: Option<String>,
    /// Read after the wait for traces, where some are missing.
    pub after: Option<PageSnapshot>,
    /// Read after the scrapes, where Prometheus is asked.
    pub offered: Option<Offered>,
}

/// What a page has in other formats than the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offered {
    /// Whether the totals have exemplars.
    pub exemplars: bool,
    /// The schema of their native histogram, where there is one.
    pub schema: Option<Schema>,
}

/// What one process counted during the run, by its own `/metrics`.
#[derive(Clone, Debug)]
pub struct ProcessCounts<'a> {
    pub instance_id: &'a str,
    pub url: &'a str,
    pub counts: Counts,
    /// The last snapshot of it that was settled.
    pub last: &'a PageSnapshot,
    /// Whether no other process answered after it.
    pub is_complete: bool,
    /// Whether nothing answered after it, so that the last snapshot may be older than its last answers.
    pub is_gone: bool,
}

/// What each process counted, where `/metrics` was read.
pub fn processes(replicas: &Finding<Vec<Replica>>) -> Vec<ProcessCounts<'_>> {
    let replicas = replicas.found().into_iter().flatten();
    replicas.flat_map(Replica::processes).collect()
}

/// Every snapshot of every replica.
pub fn snapshots(replicas: &Finding<Vec<Replica>>) -> impl Iterator<Item = &PageSnapshot> {
    let replicas = replicas.found().into_iter().flatten();
    replicas.flat_map(|replica| &replica.snapshots)
}

impl PageSnapshot {
    /// Reads the samples of an exposition; the error names the metric that is missing.
    pub fn read(samples: &[Sample], names: &Names) -> Result<Self, String> {
        let mut page = Self::default();
        let mut has_accepted = false;
        for sample in samples {
            let text = |name| sample.labels.get(name).cloned().unwrap_or_default();
            match names.read(&sample.name) {
                Some((Metric::DelayInfo, _)) => {
                    page.declared = Some((text(label::DELAY), text(label::SEED)));
                }
                Some((metric, part)) => {
                    has_accepted |= (metric, part) == (Metric::RequestsAccepted, Part::Value);
                    let value = (sample.value, sample.value);
                    page.counts
                        .add_sample(names, &sample.name, &sample.labels, value);
                }
                None if sample.name == TARGET_INFO => page.instance_id = text(label::INSTANCE_ID),
                None if sample.name == SERVED && text(STATUS).starts_with('5') => {
                    page.failed += sample.value;
                }
                None if sample.name == PROCESS_START_TIME => page.started = Some(sample.value),
                None => page.exports.add(sample),
            }
        }
        if !has_accepted {
            return Err(missing(names, samples));
        }
        if page.instance_id.is_empty() {
            return Err(format!("{TARGET_INFO} with a {}", label::INSTANCE_ID));
        }
        Ok(page)
    }
}

/// The metric that every page has; and what there is instead, by another namespace.
fn missing(names: &Names, samples: &[Sample]) -> String {
    let name = names.family(Metric::RequestsAccepted);
    let rest = name.split_once('_').map_or("", |(_, rest)| rest);
    let is_similar = |sample: &&Sample| {
        let namespace = sample.name.strip_suffix(rest);
        namespace.is_some_and(|namespace| namespace.ends_with('_'))
    };
    match samples.iter().find(is_similar) {
        Some(other) => format!("{name} (there is {}: another --namespace)", other.name),
        None => name,
    }
}

impl Replica {
    /// What each process behind this URL counted until everything was settled, in their order.
    pub fn processes(&self) -> Vec<ProcessCounts<'_>> {
        let settled = self.settled.unwrap_or(self.snapshots.len());
        let settled = self.snapshots.get(..settled).unwrap_or_default();
        let runs = settled.chunk_by(|a, b| a.instance_id == b.instance_id);
        let mut processes = Vec::<ProcessCounts<'_>>::new();
        for run in runs {
            let ([first, ..], [.., last]) = (run, run) else {
                continue;
            };
            if let Some(previous) = processes.last_mut() {
                previous.is_complete = false;
            }
            let counts = if processes.is_empty() && !self.began_in_run {
                last.counts.since(&first.counts)
            } else {
                last.counts.clone()
            };
            processes.push(ProcessCounts {
                instance_id: &first.instance_id,
                url: &self.url,
                counts,
                last,
                is_complete: true,
                is_gone: false,
            });
        }
        if let Some(last) = processes.last_mut() {
            last.is_gone = self.is_gone;
        }
        processes
    }

    /// Adds a snapshot, of which so many are kept during the load; or notes why it could not be read. What fails after the
    /// counts have settled is of less use, and not noted.
    pub fn note(&mut self, next: Result<PageSnapshot, Option<String>>, most: usize) {
        let is_settled = self.settled.is_some();
        if !is_settled {
            self.is_gone = matches!(next, Err(None));
        }
        match next {
            Ok(next) => {
                self.snapshots.push(next);
                if !is_settled {
                    self.unread = None;
                    if self.snapshots.len() > most {
                        self.thin_out();
                    }
                }
            }
            Err(unread) if !is_settled => self.unread = unread,
            Err(_) => {}
        }
    }

    /// Drops every second snapshot, but none at the begin or the end of a process. The rest still brackets every scrape.
    fn thin_out(&mut self) {
        let ids: Vec<_> = self
            .snapshots
            .iter()
            .map(|page| page.instance_id.clone())
            .collect();
        let mut index = 0;
        self.snapshots.retain(|_| {
            let at = index;
            index += 1;
            let is_inside = at > 0 && ids.get(at + 1) == Some(&ids[at]) && ids[at - 1] == ids[at];
            !is_inside || at % 2 == 0
        });
    }

    /// What happened to the spans since the first snapshot; `None` where its process has changed.
    pub fn exports(&self) -> Option<Exports> {
        let first = self.snapshots.first()?;
        let last = self.after.as_ref().or(self.snapshots.last())?;
        let is_same = last.instance_id == first.instance_id;
        is_same.then(|| last.exports.since(first.exports))
    }

    /// How many requests were answered with a status of 5xx in the run; `None` where its process has changed.
    pub fn failed(&self) -> Option<f64> {
        let settled = self.settled.unwrap_or(self.snapshots.len());
        let (first, last) = (
            self.snapshots.first()?,
            self.snapshots.get(..settled)?.last()?,
        );
        (first.instance_id == last.instance_id).then_some(last.failed - first.failed)
    }

    /// The clock of the service, by the dates of its answers.
    pub fn clock(&self) -> Ahead {
        let mut clock = Ahead::default();
        for page in &self.snapshots {
            if let Some(date) = page.date {
                clock.add(date, SECOND_MS, (page.begun, page.done));
            }
        }
        clock
    }

    /// Whether several processes answer in turn, so that no two snapshots can be compared.
    pub fn alternates(&self) -> bool {
        let all = self.snapshots.iter();
        let mut ids: Vec<_> = all.map(|page| &page.instance_id).collect();
        ids.dedup();
        let turns = ids.len();
        ids.sort();
        ids.dedup();
        turns > ids.len()
    }
}

#[cfg(test)]
mod tests;
