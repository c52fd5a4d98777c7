//! Whether Prometheus has the samples that a verdict needs: replicas that answered, scraped before and after the run.

use std::collections::BTreeSet;

use crate::{
    contract::{
        Metric, Names,
        names::{TARGET_INFO, label},
    },
    verify::{
        evidence::Evidence,
        model::{
            labels::label_text,
            processes::Target,
            scrapes::{ActiveTarget, Scrapes, needed_wait},
        },
    },
};

/// Most targets that are listed.
const MAX_LISTED: usize = 3;

/// What is missing.
#[derive(Default)]
pub struct Coverage {
    /// Why there can be no verdict on some replica: its scrape is due, or no label tells which one it is.
    pub obstacles: Vec<String>,
    /// Targets whose counts before the run are unknown.
    pub late: Vec<String>,
    /// Replicas whose series are not in Prometheus though they are scraped, or though nothing is due: the faults.
    pub absent: Vec<String>,
    /// Replicas that no target in Prometheus names.
    pub unscraped: BTreeSet<String>,
}

impl Coverage {
    pub fn of(evidence: &Evidence, scrapes: &Scrapes) -> Self {
        let mut coverage = Self::default();
        for target in &scrapes.targets {
            coverage
                .obstacles
                .extend(not_scraped_since(target, scrapes));
            coverage.late.extend(not_scraped_before(target, scrapes));
        }
        let (names, store) = (&evidence.claim.names, &scrapes.store.name);
        let is_seen = |id: &str| {
            scrapes
                .targets
                .iter()
                .any(|target| target.is_of(&[id.to_owned()].into()))
        };
        let unseen: Vec<_> = evidence
            .sent
            .by_replica()
            .into_keys()
            .filter(|id| !is_seen(id))
            .collect();
        let anonymous = scrapes.others.iter().filter(|target| target.is_anonymous());
        let anonymous: Vec<_> = anonymous.map(|target| label_text(&target.labels)).collect();
        let pending: Vec<_> = scrapes.pending().collect();
        for id in unseen {
            if let Some(labels) = scrapes.informed.get(id) {
                let missing = no_series(names, scrapes);
                coverage.absent.push(format!(
                    "replica {id} is scraped under {}, but {missing}",
                    label_text(labels)
                ));
            } else if !anonymous.is_empty() {
                coverage.obstacles.push(format!(
                    "no {TARGET_INFO} with a {} names replica {id} in {store}, and counts do not tell which of its targets it is: {}",
                    label::INSTANCE_ID,
                    listed(&anonymous)
                ));
            } else if !pending.is_empty() {
                coverage.obstacles.push(format!(
                    "replica {id} is not in {store} yet: {}",
                    due(&pending, scrapes)
                ));
            } else if scrapes.targets.is_empty()
                && scrapes.others.is_empty()
                && !scrapes.similar.is_empty()
            {
                let missing = no_series(names, scrapes);
                if !coverage.absent.contains(&missing) {
                    coverage.absent.push(missing);
                }
            } else {
                coverage.unscraped.insert(id.to_owned());
            }
        }
        coverage
    }

    /// Whether every count of the run can be compared.
    pub fn is_whole(&self) -> bool {
        self.obstacles.is_empty() && self.late.is_empty() && self.absent.is_empty()
    }

    /// Why counts cannot be compared.
    pub fn no_counts(&self) -> Vec<String> {
        let obstacles = self.obstacles.iter().chain(&self.late);
        obstacles.cloned().collect()
    }
}

fn not_scraped_since(target: &Target, scrapes: &Scrapes) -> Option<String> {
    let active = scrapes.active(&target.labels)?;
    let is_due = !target.is_complete && active.is_pending(scrapes.window.ended);
    is_due.then(|| {
        let name = label_text(&target.labels);
        format!(
            "{name} has not been scraped since the run: {}",
            due(&[active], scrapes)
        )
    })
}

fn not_scraped_before(target: &Target, scrapes: &Scrapes) -> Option<String> {
    (!target.has_baseline).then(|| {
        format!(
            "{} was not scraped between the first request and the load, so its counts before the load are unknown: {}",
            label_text(&target.labels),
            due(&Vec::from_iter(scrapes.active(&target.labels)), scrapes)
        )
    })
}

/// The longest interval of these targets, and the wait that would do.
fn due(targets: &[&ActiveTarget], scrapes: &Scrapes) -> String {
    let waited = scrapes.waited;
    let intervals = targets.iter().filter_map(|target| target.interval());
    let longest = intervals.fold(0.0, f64::max);
    let names: Vec<_> = targets
        .iter()
        .map(|target| label_text(&target.labels))
        .collect();
    if longest > 0.0 {
        let names = listed(&names);
        let needed = needed_wait(longest);
        let remedy = if waited < needed {
            format!("--wait {needed:?} would do")
        } else {
            "does relabelling or --selector leave its series out?".to_owned()
        };
        format!("the scrape interval is {longest} s ({names}), and --wait is {waited:?}; {remedy}")
    } else {
        format!(
            "the scrape interval of {} is unknown, and --wait is {waited:?}",
            listed(&names)
        )
    }
}

fn no_series(names: &Names, scrapes: &Scrapes) -> String {
    let similar: Vec<_> = scrapes.similar.iter().cloned().collect();
    let hint = if similar.is_empty() {
        "; does relabelling drop them?".to_owned()
    } else {
        format!(
            "; there is {}: does relabelling rename them, or is --namespace another one?",
            listed(&similar)
        )
    };
    format!(
        "{} has no series named {} or {} of it{hint}",
        scrapes.store.name,
        names.bucket(Metric::ExecutionLatency),
        names.family(Metric::RequestsAccepted)
    )
}

fn listed(all: &[String]) -> String {
    let first = all.iter().take(MAX_LISTED).cloned();
    let first: Vec<_> = first.collect();
    match all.len().saturating_sub(MAX_LISTED) {
        0 => first.join("; "),
        more => format!("{}; and {more} more", first.join("; ")),
    }
}
