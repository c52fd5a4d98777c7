//! The set of series, with any traffic: Prometheus must have every series of a replica's `/metrics`, with the same bounds.

use std::collections::BTreeMap;

use crate::{
    contract::{Metric, Names, Part, Step, names::label},
    verify::{
        evidence::Evidence,
        model::{
            counts::Counts, histogram::bound_text, page::processes, processes::Target,
            scrapes::Scrapes, series::Series,
        },
    },
};

/// Most bounds that are listed.
const MAX_LISTED: usize = 4;

/// Latency series that the last scrape of a target lacks of a page that was read before it.
pub fn missing(names: &Names, scrapes: &Scrapes, target: &Target, page: &Counts) -> Vec<String> {
    let own = scrapes.raw.iter();
    let own = own.filter(|series| series.is_from(&target.labels) && series.reaches(target.span.1));
    let own: Vec<_> = own.collect();
    let family = names.family(Metric::ExecutionLatency);
    let has = |part: Part, step: &str, is_same: &dyn Fn(&Series) -> bool| {
        own.iter().any(|series| {
            names.read(series.name()) == Some((Metric::ExecutionLatency, part))
                && series.has_label(label::STEP, step)
                && is_same(series)
        })
    };
    let mut missing = Vec::new();
    for (step, histogram) in &page.steps {
        let bounds = histogram.buckets.iter().map(|bucket| bucket.le);
        let lacks = bounds.filter(|le| {
            let is_same =
                |series: &Series| series.bound().is_some_and(|it| it.total_cmp(le).is_eq());
            !has(Part::Bucket, step, &is_same)
        });
        let lacks: Vec<_> = lacks.map(bound_text).collect();
        if lacks.len() == histogram.buckets.len() {
            missing.push(format!("{family}_bucket{{step=\"{step}\"}}"));
        } else if !lacks.is_empty() {
            let lacks = lacks.join("\", le=\"");
            missing.push(format!(
                "{family}_bucket{{step=\"{step}\"}} with le=\"{lacks}\""
            ));
        }
        for (part, suffix) in [(Part::Count, "_count"), (Part::Sum, "_sum")] {
            if !has(part, step, &|_| true) {
                missing.push(format!("{family}{suffix}{{step=\"{step}\"}}"));
            }
        }
    }
    missing
}

/// Replicas whose buckets have other bounds than those of most replicas.
pub fn other_bounds(evidence: &Evidence, scrapes: &Scrapes) -> Vec<String> {
    let bounds = |counts: &Counts| Some(counts.step(Step::Total)?.bounds());
    let mut by_replica = BTreeMap::<String, Vec<f64>>::new();
    for process in scrapes.processes() {
        if let (Some(id), Some(bounds)) = (&process.instance_id, bounds(&process.counts)) {
            by_replica.insert(id.clone(), bounds);
        }
    }
    for page in processes(&evidence.replicas) {
        // What relabelling drops is named as missing, not as other bounds.
        if let (Some(known), Some(bounds)) =
            (by_replica.get_mut(page.instance_id), bounds(&page.counts))
        {
            *known = bounds;
        }
    }
    let times = |bounds: &Vec<f64>| by_replica.values().filter(|other| *other == bounds).count();
    let Some(usual) = by_replica.values().max_by_key(|bounds| times(bounds)) else {
        return Vec::new();
    };
    let different = by_replica.iter().filter(|(_, bounds)| *bounds != usual);
    different
        .map(|(id, bounds)| {
            format!(
                "the buckets of replica {id} have other bounds ({}) than those of the other replicas ({}): sums by le mean nothing",
                text(bounds),
                text(usual)
            )
        })
        .collect()
}

fn text(bounds: &[f64]) -> String {
    let first = bounds.iter().take(MAX_LISTED).map(f64::to_string);
    let first: Vec<_> = first.collect();
    let more = if bounds.len() > MAX_LISTED {
        ", ..."
    } else {
        ""
    };
    format!("{}: {}{more}", bounds.len(), first.join(", "))
}
