//! /metrics -> Prometheus: what each replica counted, against the raw samples of the run, by replica and target.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    bracketing_scrapes,
    coverage::Coverage,
    forms,
    judgement::{Hop, list_differences, plural},
    known::{Known, known},
    other_traffic, series_set, servers,
};
use crate::{
    contract::{
        Metric, Step,
        names::{TARGET_INFO, label},
    },
    verify::{
        evidence::Evidence,
        model::{
            counts::Counts,
            form::Form,
            histogram::{Difference, Histogram},
            labels::label_text,
            processes::{ProcessRun, Target},
            scrapes::Scrapes,
            store::TargetSource,
        },
    },
};

const NAME: &str = "/metrics -> Prometheus";

pub fn judge(evidence: &Evidence) -> Hop {
    Hop::of(NAME, &evidence.scrapes, |scrapes| {
        servers::each(scrapes, |own| Comparison::new(evidence, own).hop())
    })
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
        let coverage = Coverage::of(self.evidence, self.scrapes);
        let obstacles = coverage.no_counts();
        let store = &self.scrapes.store.name;
        let mut wrong = coverage.absent;
        for id in &coverage.unscraped {
            let completed = self.known.get(id).map_or(0.0, Known::completed);
            wrong.push(format!(
                "replica {id} is not scraped: its {completed} requests are not in {store}; is its address among the targets there, and is this the {store} that scrapes it?"
            ));
        }
        wrong.extend(series_set::other_bounds(self.evidence, self.scrapes));
        for (id, known) in &self.known {
            wrong.extend(self.replica(id, known));
        }
        for target in &self.scrapes.targets {
            wrong.extend(self.target(target));
        }
        if self.known.is_empty() {
            return Hop::unjudged(NAME, ["no replica answered: nothing to compare".to_owned()]);
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
        let what = match self.scrapes.form() {
            Some(Form::Exponential) => "count and sum",
            _ => "bucket",
        };
        let good = format!(
            "{} of {}, each {what} as in its own /metrics; no gap, no restart, no duplicate{note}",
            plural(self.known.len(), "replica"),
            plural(self.scrapes.targets.len(), "target")
        );
        let hop = if wrong.is_empty() && !obstacles.is_empty() {
            Hop::unjudged(NAME, obstacles)
        } else {
            Hop::judged(NAME, wrong, good).with(obstacles)
        };
        let notes = self.matched().into_iter().chain(self.not_judged());
        let notes = notes.chain(forms::notes(self.scrapes));
        let hop = hop.with(notes);
        let mut unjudged = self.without_accepted();
        let warnings = self.scrapes.warnings.iter();
        unjudged.extend(warnings.map(|warning| format!("{store} warns: {warning}")));
        let clock = self.scrapes.clock.difference();
        unjudged.extend(clock.map(|it| format!("the clock of {store} is {it}")));
        hop.warned(unjudged)
    }

    /// What is wrong with the counts of one replica.
    fn replica(&self, id: &str, known: &Known) -> Vec<String> {
        let Some(processes) = self.seen.get(&Some(id)) else {
            return Vec::new(); // named by its coverage
        };
        let targets = processes.iter();
        let targets: BTreeSet<_> = targets
            .map(|(target, _)| label_text(&target.labels))
            .collect();
        let (times, store) = (targets.len(), &self.scrapes.store.name);
        let targets = Vec::from_iter(targets).join(" and ");
        if times > 1 {
            return vec![format!(
                "replica {id} is counted {times} times, under {targets}: every sum over targets is too high"
            )];
        }
        let has_ended = matches!(known, Known::Ended(_));
        let is_whole = |target: &Target| target.has_baseline && (target.is_complete || has_ended);
        if !processes.iter().all(|(target, _)| is_whole(target)) {
            return Vec::new();
        }
        let mut forms = processes
            .iter()
            .map(|(target, _)| self.scrapes.form_of(target));
        let is_bare = forms.any(|form| form == Form::Exponential);
        let comparable = |counts: &Counts| {
            if is_bare {
                counts.without_bounds()
            } else {
                counts.clone()
            }
        };
        if let (Known::Page(_, page), [(target, _)]) = (known, &processes[..]) {
            let page = &comparable(page);
            let names = &self.evidence.claim.names;
            let missing = series_set::missing(names, self.scrapes, target, page);
            if !missing.is_empty() {
                return vec![format!(
                    "series of replica {id} are not in {store}, under {targets}: found none of {}",
                    missing.join(", ")
                )];
            }
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
            Known::Page(..) if self.others > 0.0 => {
                let outside =
                    bracketing_scrapes::outside(self.evidence, self.scrapes, id, processes);
                return outside.into_iter().collect();
            }
            Known::Page(page, _) => (comparable(page).differences(&found, 0.0), "its /metrics"),
            Known::Answers(answers) => (self.beside_answers(id, answers, &found), "its answers"),
        };
        if differences.is_empty() {
            return Vec::new();
        }
        let first = format!("replica {id} has different counts in {store}, under {targets}");
        std::iter::once(first)
            .chain(list_differences(&differences, source))
            .collect()
    }

    fn beside_answers(&self, id: &str, answers: &Histogram, found: &Counts) -> Vec<Difference> {
        let unmeasured = self.evidence.sent.unmeasured() as f64;
        let others = other_traffic::by_scrapes(self.evidence);
        let surplus = match others.get(id) {
            Some(others) if *others > unmeasured => f64::INFINITY,
            _ => unmeasured,
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
        let active = self.scrapes.active(&target.labels);
        let is_due = active.is_some_and(|active| active.is_pending(self.scrapes.window.ended));
        // One that is no longer listed has ended; its counts are compared with those of its page.
        let has_ended = active.is_none() && self.scrapes.store.targets != TargetSource::Samples;
        if !target.is_complete && !is_due && !has_ended {
            wrong.push(format!(
                "{name} was not scraped within --wait after the run"
            ));
        }
        for series in &target.falls {
            wrong.push(format!("{name}: {series} fell without a process restart"));
        }
        wrong
    }

    /// Targets whose replica no label names.
    fn matched(&self) -> Option<String> {
        let matched = self
            .scrapes
            .targets
            .iter()
            .filter(|target| target.is_matched);
        let matched: Vec<_> = matched.map(|target| label_text(&target.labels)).collect();
        (!matched.is_empty()).then(|| {
            format!(
                "no {TARGET_INFO} with a {} for {}: matched by start time or counts",
                label::INSTANCE_ID,
                matched.join("; ")
            )
        })
    }

    /// Targets that are not the service's, in one line.
    fn not_judged(&self) -> Option<String> {
        let others = &self.scrapes.others;
        let first = others.first()?;
        Some(format!(
            "{} with series of this name are of replicas that answered none of the requests, and are not judged: {}{}",
            plural(others.len(), "target"),
            label_text(&first.labels),
            if others.len() > 1 { "; ..." } else { "" }
        ))
    }

    /// Targets without the series of accepted requests, where the rest could be compared.
    fn without_accepted(&self) -> Vec<String> {
        let name = self.evidence.claim.names.family(Metric::RequestsAccepted);
        let store = &self.scrapes.store.name;
        let targets = self.scrapes.targets.iter();
        let lacking = targets.filter(|target| {
            let mut own = target.processes.iter();
            own.all(|process| !process.counts.has_accepted)
        });
        let lacking = lacking.map(|target| label_text(&target.labels));
        lacking
            .map(|target| {
                format!(
                    "{name} is not in {store}, under {target}: accepted requests are not compared"
                )
            })
            .collect()
    }
}
