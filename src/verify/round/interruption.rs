//! What happened to the parts of the pipeline in a round: a restart is not a loss, and a claim that changes cannot be
//! judged. Pure.

use std::collections::BTreeSet;

use super::super::{
    evidence::Evidence,
    model::{histogram::Histogram, page::snapshots},
};
use crate::contract::Step;

/// The parts that may be restarted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Target,
    Prometheus,
    Traces,
}

/// A part that was restarted in the round, in words.
#[derive(Clone, Debug, PartialEq)]
pub struct Restart {
    pub part: Part,
    pub text: String,
}

impl Part {
    /// Whether a hop compares counts or traces that a restart of this part may lose.
    fn affects(self, hop: &str) -> bool {
        match hop {
            "received" | "metrics" => self == Self::Target,
            "traces" => self != Self::Prometheus,
            "exemplars" => true,
            "prometheus" | "percentile" | "native" | "remote" | "query" | "ledger" => {
                self != Self::Traces
            }
            // Those of the answers alone; and nothing excuses a hop that is not known here.
            _ => false,
        }
    }
}

/// The restarts that may explain what a hop misses.
pub fn affecting<'r>(restarts: &'r [Restart], hop: &str) -> Vec<&'r str> {
    let affecting = restarts.iter().filter(|restart| restart.part.affects(hop));
    affecting.map(|restart| restart.text.as_str()).collect()
}

/// What was restarted in the round.
pub fn restarts(evidence: &Evidence) -> Vec<Restart> {
    let mut all = Vec::new();
    let mut restarted = |part, text| all.push(Restart { part, text });
    for replica in evidence.replicas.found().into_iter().flatten() {
        let processes = replica.processes();
        for pair in processes.windows(2) {
            let [old, new] = [pair[0].instance_id, pair[1].instance_id];
            let text = format!("replica {old} ended in the round, and {new} took its place");
            restarted(Part::Target, text);
        }
        if let Some(last) = processes.last().filter(|last| last.is_gone) {
            let text = format!("replica {} ended in the round", last.instance_id);
            restarted(Part::Target, text);
        }
        if let Some(first) = processes.first().filter(|_| replica.began_in_run) {
            let text = format!("replica {} began in the round", first.instance_id);
            restarted(Part::Target, text);
        }
    }
    if let Some(scrapes) = evidence.scrapes.found() {
        let is_replaced = scrapes
            .targets
            .iter()
            .any(|target| target.processes.len() > 1);
        if is_replaced && evidence.replicas.found().is_none() {
            let text = "a replica was replaced in the round, by its start time in Prometheus";
            restarted(Part::Target, text.to_owned());
        }
        if scrapes.is_restarted {
            let text = format!("{} was restarted in the round", scrapes.store.name);
            restarted(Part::Prometheus, text);
        }
    }
    if evidence.is_trace_store_emptied {
        let text = "the store of the traces has lost traces that it had: was it restarted, or does it keep too few?";
        restarted(Part::Traces, text.to_owned());
    }
    all
}

/// Why the round cannot be judged: what the service declares is not what it declared before. `is_given` says whether flags
/// say what is declared.
pub fn changed_claim(evidence: &Evidence, is_given: bool) -> Option<String> {
    let pages = || snapshots(&evidence.replicas);
    let bounds = pages().filter_map(|page| page.counts.step(Step::Total));
    let bounds: BTreeSet<_> = bounds
        .map(Histogram::bounds)
        .map(|bounds| bounds.iter().map(ToString::to_string).collect::<Vec<_>>())
        .collect();
    if bounds.len() > 1 {
        return Some("the bucket bounds changed in the round".to_owned());
    }
    if is_given {
        return None;
    }
    let before = &evidence.claim;
    let is_before = |delay: &str, seed: &str| {
        let delay = delay.parse().ok();
        delay.is_none_or(|delay| before.is_delay(&delay))
            && before.seed.is_none_or(|before| before.to_string() == seed)
    };
    let declared = pages().filter_map(|page| page.declared.as_ref());
    let declared = declared.map(|(delay, seed)| (delay.clone(), seed.clone()));
    let after = evidence.claim_after.as_ref().map(|claim| {
        let seed = claim.seed.map_or(String::new(), |seed| seed.to_string());
        (claim.delay.to_string(), seed)
    });
    let other = declared
        .chain(after)
        .find(|(delay, seed)| !is_before(delay, seed));
    other.map(|(delay, seed)| {
        let was = before.seed.map_or("unknown".to_owned(), |seed| seed.to_string());
        format!(
            "what the service declares changed in the round: {} with seed {was}, then {delay} with seed {seed}",
            before.delay
        )
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::hop;
    use super::*;

    #[test]
    fn every_hop_is_known_here_and_to_those_on_call() {
        let parts = [Part::Target, Part::Prometheus, Part::Traces];
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/canary.md");
        let docs = std::fs::read_to_string(path).unwrap();
        let causes: String = docs
            .lines()
            .filter(|line| line.starts_with("| `"))
            .collect();
        for id in hop::ids() {
            let is_affected = parts.iter().any(|part| part.affects(id));
            assert_ne!(is_affected, ["drawn", "measured"].contains(&id), "{id}");
            assert!(
                causes.contains(&format!("`{id}`")),
                "no usual cause of {id}"
            );
        }
    }
}
