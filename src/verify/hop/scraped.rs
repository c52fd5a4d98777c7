//! /metrics -> Prometheus: what each replica counted, against the raw samples of the run, per replica and target.

use std::collections::{BTreeMap, BTreeSet};

use super::{Hop, many, metrics::in_words};
use crate::verify::{
    check::count,
    evidence::{Asked, Evidence},
    histogram::{Counts, Histogram},
    sandwich,
    scraped::{Scraped, named},
    series::{Life, Target},
};

const NAME: &str = "/metrics -> Prometheus";

pub(super) fn judge(evidence: &Evidence) -> Hop {
    match &evidence.scraped {
        Asked::Got(scraped) => Comparison::new(evidence, scraped).hop(),
        Asked::Skipped(reason) => Hop::skipped(NAME, reason),
        Asked::Unreachable(reason) => Hop::unreachable(NAME, reason),
    }
}

/// What is known of one replica.
enum Known {
    /// Its own page, before and after.
    Page(Counts),
    /// Only its answers: the totals.
    Answers(Counts),
    /// Its answers; it is gone.
    Ended(Counts),
}

struct Comparison<'a> {
    evidence: &'a Evidence,
    scraped: &'a Scraped,
    known: BTreeMap<String, Known>,
    seen: BTreeMap<Option<&'a str>, Vec<(&'a Target, &'a Life)>>,
}

impl<'a> Comparison<'a> {
    fn new(evidence: &'a Evidence, scraped: &'a Scraped) -> Self {
        let mut seen = BTreeMap::<_, Vec<_>>::new();
        for target in &scraped.targets {
            for life in &target.lives {
                seen.entry(life.instance_id.as_deref())
                    .or_default()
                    .push((target, life));
            }
        }
        Self {
            known: known(evidence, scraped),
            evidence,
            scraped,
            seen,
        }
    }

    fn hop(&self) -> Hop {
        let mut wrong = Vec::new();
        for (id, known) in &self.known {
            wrong.extend(self.replica(id, known));
        }
        for target in &self.scraped.targets {
            wrong.extend(self.target(target));
        }
        if self.scraped.targets.is_empty() && self.known.is_empty() {
            wrong.push("no target of Prometheus has this service's metrics".to_owned());
        }
        if !wrong.is_empty() {
            wrong.extend(self.scraped.down());
        }
        let others = self.evidence.others();
        let between = if others > 0.0 {
            format!(
                "; other traffic: {others} requests, so that each sample lies between two readings"
            )
        } else {
            String::new()
        };
        let good = format!(
            "{} of {}, each bucket as its own page says it; no gap, no restart, no duplicate{between}",
            many(self.known.len(), "replica"),
            many(self.scraped.targets.len(), "target")
        );
        Hop::judged(NAME, wrong, good).with(self.strangers())
    }

    /// What is wrong with the counts of one replica.
    fn replica(&self, id: &str, known: &Known) -> Vec<String> {
        let Some(lives) = self.seen.get(&Some(id)) else {
            return vec![format!(
                "replica {id} is not scraped: its {} requests are not in Prometheus",
                known.completed()
            )];
        };
        let targets: BTreeSet<_> = lives
            .iter()
            .map(|(target, _)| named(&target.labels))
            .collect();
        if targets.len() > 1 {
            let targets: Vec<_> = targets.into_iter().collect();
            return vec![format!(
                "replica {id} is counted {} times, under {}: every sum over targets is too high",
                targets.len(),
                targets.join(" and ")
            )];
        }
        let mut found = Counts::default();
        for (_, life) in lives {
            found.add(&life.counts);
        }
        if !lives.iter().all(|(target, _)| target.has_baseline) {
            return vec![format!(
                "replica {id} has no sample from before the run, and did not start in it: what it counted before is unknown"
            )];
        }
        self.counts(id, known, &found, lives)
    }

    fn counts(
        &self,
        id: &str,
        known: &Known,
        found: &Counts,
        lives: &[(&Target, &Life)],
    ) -> Vec<String> {
        let target = lives
            .first()
            .map_or_else(String::new, |(target, _)| named(&target.labels));
        let (differences, by) = match known {
            Known::Ended(answers) => {
                let lost = answers.count("total") - found.count("total");
                return if lost > 0.0 {
                    vec![format!(
                        "replica {id} ended between two scrapes of {target}: {lost} of its {} answers were never scraped",
                        answers.count("total")
                    )]
                } else {
                    Vec::new()
                };
            }
            Known::Page(_) if self.evidence.others() > 0.0 => {
                let wrong = sandwich::outside(self.evidence, self.scraped, id, lives);
                return wrong.map_or_else(Vec::new, |wrong| vec![wrong]);
            }
            Known::Page(page) => (page.differences(found, 0.0), "its page"),
            Known::Answers(answers) => {
                let only = Counts {
                    accepted: found.accepted,
                    steps: found
                        .steps
                        .iter()
                        .filter(|(step, _)| *step == "total")
                        .map(|(step, counted)| (step.clone(), counted.clone()))
                        .collect(),
                };
                let unanswered = count(self.evidence.unanswered());
                let others = self.evidence.others_by_scrapes();
                let slack = match others.get(id) {
                    Some(others) if *others > unanswered => f64::INFINITY,
                    _ => unanswered,
                };
                let answers = Counts {
                    accepted: found.accepted,
                    ..answers.clone()
                };
                (answers.differences(&only, slack), "its answers")
            }
        };
        if differences.is_empty() {
            return Vec::new();
        }
        let first = format!("replica {id} has other counts in Prometheus, under {target}");
        std::iter::once(first)
            .chain(in_words(&differences, by))
            .collect()
    }

    /// What is wrong with one target, whatever it counted.
    fn target(&self, target: &Target) -> Vec<String> {
        let name = named(&target.labels);
        let mut wrong = Vec::new();
        for gap in &target.gaps {
            wrong.push(format!(
                "{name} was not scraped for {:.1} s, {:.1} s into the run: the interval is {} s",
                gap.seconds,
                crate::verify::check::millis(gap.after_ms - self.scraped.window.began) / 1e3,
                gap.interval_seconds
            ));
        }
        for pair in target.lives.windows(2) {
            let id = |life: &Life| {
                life.instance_id
                    .clone()
                    .unwrap_or_else(|| "unknown".to_owned())
            };
            wrong.push(format!(
                "{name} was restarted: replica {}, then replica {}",
                id(&pair[0]),
                id(&pair[1])
            ));
        }
        if !target.is_complete {
            wrong.push(format!(
                "{name} was not scraped after the run (--wait says how long to wait)"
            ));
        }
        for series in &target.falls {
            wrong.push(format!(
                "{name}: {series} fell although its process lived on"
            ));
        }
        if target.lives.iter().any(|life| life.instance_id.is_none()) {
            wrong.push(format!(
                "{name} has no target_info with a service_instance_id: its replica is unknown"
            ));
        }
        wrong
    }

    /// Replicas that counted something, and that nobody knows of.
    fn strangers(&self) -> Vec<String> {
        let unknown = self.seen.iter().filter_map(|(id, lives)| {
            let id = id.filter(|id| !self.known.contains_key(*id))?;
            let accepted: f64 = lives.iter().map(|(_, life)| life.counts.accepted).sum();
            let at = lives.first().map(|(target, _)| named(&target.labels))?;
            (accepted > 0.0).then(|| {
                format!("replica {id}, unknown here, counted {accepted} requests under {at}")
            })
        });
        unknown.collect()
    }
}

impl Known {
    fn completed(&self) -> f64 {
        match self {
            Self::Page(counts) | Self::Answers(counts) | Self::Ended(counts) => {
                counts.count("total")
            }
        }
    }
}

fn known(evidence: &Evidence, scraped: &Scraped) -> BTreeMap<String, Known> {
    let bounds = scraped
        .targets
        .iter()
        .flat_map(|target| &target.lives)
        .find_map(|life| life.counts.steps.get("total"))
        .map(Histogram::bounds)
        .unwrap_or_default();
    let mut known = BTreeMap::new();
    let mut answered = BTreeMap::new();
    for (id, answers) in evidence.by_replica() {
        let totals: Vec<_> = answers.iter().map(|answer| answer.total).collect();
        let total = Histogram::of(&bounds, &totals);
        let counts = Counts {
            accepted: count(totals.len()),
            steps: [("total".to_owned(), total)].into(),
        };
        answered.insert(id.to_owned(), counts);
    }
    for life in evidence.counted() {
        let answers = answered.remove(life.instance_id).unwrap_or_default();
        let entry = if life.is_whole {
            Known::Page(life.counts)
        } else {
            Known::Ended(answers)
        };
        known.insert(life.instance_id.to_owned(), entry);
    }
    known.extend(
        answered
            .into_iter()
            .map(|(id, counts)| (id, Known::Answers(counts))),
    );
    known
}
