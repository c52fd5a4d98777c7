//! Snapshots of a replica's `/metrics`, and what each process behind it counted between them.

use super::{counts::Counts, exports::Exports, exposition::Sample, finding::Finding};
use crate::{
    buckets::Schema,
    contract::{
        Metric, Names, Part,
        names::{PROCESS_START_TIME, TARGET_INFO, label},
    },
};

/// One read of `/metrics`. Times are milliseconds of this machine's Unix time.
#[derive(Clone, Debug, Default)]
pub struct PageSnapshot {
    pub begun: i64,
    pub done: i64,
    pub instance_id: String,
    /// The delay and the seed that the replica declares.
    pub declared: Option<(String, String)>,
    pub counts: Counts,
    /// Start of the process, in seconds of Unix time.
    pub started: Option<f64>,
    pub exports: Exports,
}

/// All snapshots of one URL, in order.
#[derive(Clone, Debug)]
pub struct Replica {
    pub url: String,
    /// Whether its first process began in the run, so that it counted nothing before.
    pub began_in_run: bool,
    pub snapshots: Vec<PageSnapshot>,
    /// How many snapshots there were when everything that was sent had been counted.
    pub settled: Option<usize>,
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
    /// Whether it was still running at the end.
    pub is_complete: bool,
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
                None if sample.name == PROCESS_START_TIME => page.started = Some(sample.value),
                None => page.exports.add(sample),
            }
        }
        if !has_accepted {
            return Err(names.family(Metric::RequestsAccepted));
        }
        if page.instance_id.is_empty() {
            return Err(format!("{TARGET_INFO} with a {}", label::INSTANCE_ID));
        }
        Ok(page)
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
            });
        }
        processes
    }

    /// Drops every second snapshot, but none at the begin or the end of a process. The rest still brackets every scrape.
    pub fn thin_out(&mut self) {
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
mod tests {
    use super::*;
    use crate::{contract::Step, verify::model::exposition};

    const TEXT: &str = "\
target_info{service_instance_id=\"a\",service_name=\"httpserver\"} 1
x_delay_info{delay=\"uniform(0s,2s)\",seed=\"7\"} 1
x_requests_accepted_total 5
x_requests_rejected_total{reason=\"max_in_flight\"} 2
x_execution_latency_seconds_bucket{step=\"total\",le=\"1\"} 3
x_execution_latency_seconds_bucket{step=\"total\",le=\"+Inf\"} 4
x_execution_latency_seconds_sum{step=\"total\"} 4.5
x_execution_latency_seconds_count{step=\"total\"} 4
xy_requests_accepted_total 99
";

    fn page(text: &str) -> Result<PageSnapshot, String> {
        PageSnapshot::read(&exposition::parse(text).unwrap(), &Names::new("x"))
    }

    fn replica(pages: &[(&str, f64)]) -> Replica {
        let page = |&(id, accepted): &(&str, f64)| PageSnapshot {
            instance_id: id.to_owned(),
            counts: Counts {
                accepted,
                ..Counts::default()
            },
            ..PageSnapshot::default()
        };
        Replica {
            url: String::new(),
            began_in_run: false,
            snapshots: pages.iter().map(page).collect(),
            settled: Some(pages.len()),
            after: None,
            offered: None,
        }
    }

    #[test]
    fn a_snapshot_holds_the_ledger_and_the_buckets() {
        let page = page(TEXT).unwrap();
        let total = page.counts.step(Step::Total).unwrap();
        assert_eq!(page.counts.accepted, 5.0);
        assert_eq!(
            (total.upto(1.0), total.upto(f64::INFINITY)),
            (Some(3.0), Some(4.0))
        );
        assert_eq!((total.count, total.sum), (4.0, 4.5));
        assert_eq!(page.declared.unwrap().1, "7");
    }

    #[test]
    fn the_missing_metric_is_named() {
        assert_eq!(page("up 1").unwrap_err(), "x_requests_accepted_total");
        let anonymous = TEXT.replace("service_instance_id", "other");
        let error = page(&anonymous).unwrap_err();
        assert!(error.contains("service_instance_id"), "{error}");
    }

    #[test]
    fn a_restart_splits_the_counts() {
        let replica = replica(&[("a", 10.0), ("a", 14.0), ("b", 1.0), ("b", 6.0)]);
        let processes = replica.processes();
        let counted: Vec<_> = processes
            .iter()
            .map(|one| (one.instance_id, one.counts.accepted, one.is_complete))
            .collect();
        assert_eq!(counted, [("a", 4.0, false), ("b", 6.0, true)]);
        assert!(!replica.alternates());
    }

    #[test]
    fn a_replica_that_began_in_the_run_counts_from_zero() {
        let mut replica = replica(&[("a", 10.0), ("a", 14.0)]);
        replica.began_in_run = true;
        assert_eq!(replica.processes()[0].counts.accepted, 14.0);
    }

    #[test]
    fn thinning_out_changes_no_count() {
        let mut pages: Vec<_> = (0..100).map(|count| ("a", f64::from(count))).collect();
        pages.extend((0..51).map(|count| ("b", f64::from(count))));
        let mut replica = replica(&pages);
        replica.settled = None;
        let counted = |replica: &Replica| -> Vec<_> {
            let processes = replica.processes().into_iter();
            processes
                .map(|one| (one.counts.accepted, one.is_complete))
                .collect()
        };
        let before = counted(&replica);
        replica.thin_out();
        assert_eq!(counted(&replica), before);
        assert!(replica.snapshots.len() < 80, "{}", replica.snapshots.len());
    }

    #[test]
    fn alternating_replicas_are_noticed() {
        assert!(replica(&[("a", 1.0), ("b", 1.0), ("a", 2.0)]).alternates());
    }
}
