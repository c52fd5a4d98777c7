//! Targets without a `target_info` that names their replica: which replica they are, where that is unambiguous.

use std::collections::BTreeSet;

use crate::contract::Step;

use super::{
    page::ProcessCounts,
    processes::{ProcessRun, Target},
};

/// Names the replicas of anonymous targets: by the start time of the process where that is unique, otherwise by counts
/// that are equal to the last one.
pub fn identify(targets: &mut [Target], answered: &[ProcessCounts<'_>]) {
    for is_same in [is_same_start, is_same_counts] {
        let named = |id: &str| {
            targets
                .iter()
                .any(|target| target.is_of(&[id.to_owned()].into()))
        };
        let missing = answered.iter().filter(|page| !named(page.instance_id));
        let missing: Vec<_> = missing.collect();
        let anonymous = (0..targets.len()).filter(|&at| targets[at].is_anonymous());
        let pairs = anonymous.flat_map(|at| {
            let only = match &targets[at].processes[..] {
                [only] => Some(only),
                _ => None,
            };
            let pages = missing.iter().enumerate();
            let pages = pages.filter(move |(_, page)| only.is_some_and(|run| is_same(run, page)));
            pages.map(move |(page, _)| (at, page))
        });
        let pairs: BTreeSet<_> = pairs.collect();
        for &(at, page) in &pairs {
            let is_ambiguous = |other: &&(usize, usize)| (other.0 == at) != (other.1 == page);
            if !pairs.iter().any(|other| is_ambiguous(&other)) {
                targets[at].is_matched = true;
                let id = missing[page].instance_id.to_owned();
                targets[at].processes[0].instance_id = Some(id);
            }
        }
    }
}

fn is_same_start(run: &ProcessRun, page: &ProcessCounts<'_>) -> bool {
    let starts = run.started_seconds.zip(page.last.started);
    starts.is_some_and(|(one, other)| (one - other).abs() < 1e-3)
}

fn is_same_counts(run: &ProcessRun, page: &ProcessCounts<'_>) -> bool {
    let starts = run.started_seconds.zip(page.last.started);
    let (expected, total) = (&page.counts, run.counts.step(Step::Total));
    // Exponential buckets are converted to none.
    let without = expected.without_bounds();
    let is_bare = total.is_some_and(|total| total.bounds().is_empty());
    let expected = if is_bare { &without } else { expected };
    starts.is_none_or(|(one, other)| (one - other).abs() < 1e-3)
        && expected.count(Step::Total) > 0.0
        && expected.differences(&run.counts, 0.0).is_empty()
}
