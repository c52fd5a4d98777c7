//! /metrics -> Prometheus: what each replica counted, against the raw samples of the run, by replica and target.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    bracketing_scrapes,
    judgement::{Hop, list_differences, plural},
    other_traffic,
};
use crate::{
    contract::{
        Step,
        names::{TARGET_INFO, label},
    },
    verify::{
        evidence::Evidence,
        model::{
            answers::{Answer, by_replica, unanswered},
            counts::Counts,
            histogram::{Difference, Histogram},
            labels::label_text,
            page,
            processes::{ProcessRun, Target},
            scrapes::Scrapes,
        },
    },
};

const NAME: &str = "/metrics -> Prometheus";

pub fn judge(evidence: &Evidence) -> Hop {
    Hop::of(NAME, &evidence.scrapes, |scrapes| {
        Comparison::new(evidence, scrapes).hop()
    })
}

/// What is known of one replica from elsewhere.
enum Known {
    /// The counts of its own page.
    Page(Counts),
    /// The totals of its answers; its page was not read.
    Answers(Histogram),
    /// The totals of its answers; its process has ended.
    Ended(Histogram),
}

struct Comparison<'a> {
    evidence: &'a Evidence,
    scrapes: &'a Scrapes,
    others: f64,
    known: BTreeMap<String, Known>,
    seen: BTreeMap<Option<&'a str>, Vec<(&'a Target, &'a ProcessRun)>>,
}

impl<'a> Comparison<'a> {
    fn new(evidence: &'a Evidence, scrapes: &'a Scrapes) -> Self {
        let mut seen = BTreeMap::<_, Vec<_>>::new();
        for target in &scrapes.targets {
            for process in &target.processes {
                let of_replica = seen.entry(process.instance_id.as_deref()).or_default();
                of_replica.push((target, process));
            }
        }
        Self {
            known: known(evidence, scrapes),
            others: other_traffic::requests(evidence),
            evidence,
            scrapes,
            seen,
        }
    }

    fn hop(&self) -> Hop {
        let mut wrong = Vec::new();
        for (id, known) in &self.known {
            wrong.extend(self.replica(id, known));
        }
        for target in &self.scrapes.targets {
            wrong.extend(self.target(target));
        }
        if self.scrapes.targets.is_empty() && self.known.is_empty() {
            wrong.push("Prometheus has no target with this service's metrics".to_owned());
        }
        if !wrong.is_empty() {
            wrong.extend(self.scrapes.down());
        }
        let note = if self.others > 0.0 {
            format!(
                "; other traffic: {} requests, so each sample is checked to lie between two snapshots",
                self.others
            )
        } else {
            String::new()
        };
        let good = format!(
            "{} of {}, each bucket as in its own /metrics; no gap, no restart, no duplicate{note}",
            plural(self.known.len(), "replica"),
            plural(self.scrapes.targets.len(), "target")
        );
        Hop::judged(NAME, wrong, good).with(self.unknown_replicas())
    }

    /// What is wrong with the counts of one replica.
    fn replica(&self, id: &str, known: &Known) -> Vec<String> {
        let Some(processes) = self.seen.get(&Some(id)) else {
            let completed = known.completed();
            return vec![format!(
                "replica {id} is not scraped: its {completed} requests are not in Prometheus"
            )];
        };
        let targets = processes.iter();
        let targets: BTreeSet<_> = targets
            .map(|(target, _)| label_text(&target.labels))
            .collect();
        let times = targets.len();
        let targets = Vec::from_iter(targets).join(" and ");
        if times > 1 {
            return vec![format!(
                "replica {id} is counted {times} times, under {targets}: every sum over targets is too high"
            )];
        }
        if !processes.iter().all(|(target, _)| target.has_baseline) {
            return vec![format!(
                "replica {id} has no sample from before the run, and did not start in it: its counts before the run are unknown"
            )];
        }
        let mut found = Counts::default();
        for (_, process) in processes {
            found.add(&process.counts);
        }
        let (differences, source) = match known {
            Known::Ended(answers) => {
                let lost = answers.count - found.count(Step::Total);
                let text = format!(
                    "replica {id} ended between two scrapes of {targets}: {lost} of its {} answers were never scraped",
                    answers.count
                );
                return (lost > 0.0).then_some(text).into_iter().collect();
            }
            Known::Page(_) if self.others > 0.0 => {
                let outside =
                    bracketing_scrapes::outside(self.evidence, self.scrapes, id, processes);
                return outside.into_iter().collect();
            }
            Known::Page(page) => (page.differences(&found, 0.0), "its /metrics"),
            Known::Answers(answers) => (self.beside_answers(id, answers, &found), "its answers"),
        };
        if differences.is_empty() {
            return Vec::new();
        }
        let first = format!("replica {id} has different counts in Prometheus, under {targets}");
        std::iter::once(first)
            .chain(list_differences(&differences, source))
            .collect()
    }

    fn beside_answers(&self, id: &str, answers: &Histogram, found: &Counts) -> Vec<Difference> {
        let unanswered = unanswered(&self.evidence.sent) as f64;
        let others = other_traffic::by_scrapes(self.evidence);
        let surplus = match others.get(id) {
            Some(others) if *others > unanswered => f64::INFINITY,
            _ => unanswered,
        };
        let zero = Histogram::default();
        let found = found.step(Step::Total).unwrap_or(&zero);
        answers.differences(found, surplus, Step::Total.as_str())
    }

    /// What is wrong with the scrapes of one target, whatever it counted.
    fn target(&self, target: &Target) -> Vec<String> {
        let name = label_text(&target.labels);
        let mut wrong = Vec::new();
        for gap in &target.gaps {
            wrong.push(format!(
                "{name} was not scraped for {:.1} s, {:.1} s into the run: the interval is {} s",
                gap.seconds,
                (gap.after_ms - self.scrapes.window.began) as f64 / 1e3,
                gap.interval_seconds
            ));
        }
        let ids = target.processes.iter();
        let ids: Vec<_> = ids.map(|process| process.instance_id.as_deref()).collect();
        for pair in ids.windows(2) {
            let [old, new] = [pair[0], pair[1]].map(|id| id.unwrap_or("unknown"));
            wrong.push(format!(
                "{name} was restarted: replica {old}, then replica {new}"
            ));
        }
        if !target.is_complete {
            wrong.push(format!(
                "{name} was not scraped within --wait after the run"
            ));
        }
        for series in &target.falls {
            wrong.push(format!("{name}: {series} fell without a process restart"));
        }
        if ids.contains(&None) {
            wrong.push(format!(
                "{name} has no {TARGET_INFO} with a {}: its replica is unknown",
                label::INSTANCE_ID
            ));
        }
        wrong
    }

    /// Replicas that counted requests, but neither answered one nor had their page read.
    fn unknown_replicas(&self) -> Vec<String> {
        let unknown = self.seen.iter().filter_map(|(id, processes)| {
            let id = id.filter(|id| !self.known.contains_key(*id))?;
            let accepted = processes.iter().map(|(_, process)| process.counts.accepted);
            let accepted: f64 = accepted.sum();
            let target = label_text(&processes.first()?.0.labels);
            (accepted > 0.0).then(|| {
                format!(
                    "replica {id} counted {accepted} requests under {target}, but answered none of these and its /metrics was not read"
                )
            })
        });
        unknown.collect()
    }
}

impl Known {
    fn completed(&self) -> f64 {
        match self {
            Self::Page(counts) => counts.count(Step::Total),
            Self::Answers(totals) | Self::Ended(totals) => totals.count,
        }
    }
}

fn known(evidence: &Evidence, scrapes: &Scrapes) -> BTreeMap<String, Known> {
    let bounds = scrapes.bounds().unwrap_or_default();
    let totals = |(id, answers): (&str, Vec<Answer<'_>>)| {
        let totals = answers.iter().map(|answer| answer.total);
        (id.to_owned(), Histogram::of(&bounds, totals))
    };
    let mut answered: BTreeMap<_, _> = by_replica(&evidence.sent).into_iter().map(totals).collect();
    let mut known = BTreeMap::new();
    for process in page::processes(&evidence.replicas) {
        let answers = answered.remove(process.instance_id).unwrap_or_default();
        let entry = if process.is_complete {
            Known::Page(process.counts)
        } else {
            Known::Ended(answers)
        };
        known.insert(process.instance_id.to_owned(), entry);
    }
    let answered = answered.into_iter();
    known.extend(answered.map(|(id, totals)| (id, Known::Answers(totals))));
    known
}
