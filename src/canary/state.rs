//! What the rounds write and the routes read.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{
    metrics,
    tally::{Change, Tally},
};
use crate::{
    telemetry::Metrics,
    verify::{Looked, Missing, Round},
};

/// The state of one canary.
#[derive(Debug)]
pub struct State {
    exposition: Metrics,
    metrics: metrics::Metrics,
    /// The URL of the target, without its password.
    pub target: String,
    tally: Mutex<Tally>,
}

impl State {
    /// Before the first round.
    pub fn new(exposition: Metrics, metrics: metrics::Metrics, target: String) -> Arc<Self> {
        Arc::new(Self {
            exposition,
            metrics,
            target,
            tally: Mutex::default(),
        })
    }

    /// Adds a round that was judged at this time, in seconds of Unix time; returns what it has changed.
    pub fn add(&self, number: u64, began: f64, round: &Round, now: f64) -> Vec<Change> {
        let mut tally = self.tally();
        let added = tally.add(number, began, round);
        self.metrics.record(round, now);
        self.metrics.show(&added.current);
        added.changes
    }

    /// Adds what asking again for what a round was missing has shown.
    pub fn add_late(&self, number: u64, looked: Looked, rest: &Missing) {
        let mut tally = self.tally();
        tally.add_late(number, rest.stage(), looked, rest.trace_ids());
        self.metrics.record_late(rest.stage(), looked);
    }

    /// Reads the exposition. It has each round whole or not at all: alerts compare one of its series with another.
    pub fn scrape<T>(&self, read: impl FnOnce(&Metrics) -> T) -> T {
        let _guard = self.tally();
        read(&self.exposition)
    }

    /// The rounds so far.
    pub fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::{thread, time::Duration};

    use super::*;
    use crate::{
        canary::{SERVICE, metrics::Facts},
        exposition::Format,
        telemetry::Telemetry,
        verify::{JudgedHop, Judgement, Stage, StageName},
    };

    const ROUNDS: u32 = 300;

    fn state() -> Arc<State> {
        let telemetry = Telemetry::unexported(SERVICE).unwrap();
        let facts = Facts {
            hops: &["traces"],
            stages: &[StageName::Traces],
            target: "",
            every: Duration::from_mins(1),
            deadline: Duration::from_mins(1),
        };
        let metrics = metrics::Metrics::new(&telemetry.metrics.recorder(), &facts);
        State::new(telemetry.metrics, metrics, String::new())
    }

    fn round() -> Round {
        let hop = JudgedHop {
            id: "traces",
            judgement: Judgement::Pass,
            lines: Vec::new(),
            is_explained: false,
        };
        let stage = Stage {
            name: StageName::Traces,
            expected: 1,
            found: 1,
            duplicate: 0,
            lags: Vec::new(),
        };
        Round {
            hops: vec![hop],
            stages: vec![stage],
            ..Round::default()
        }
    }

    fn value(scrape: &str, beginning: &str) -> f64 {
        let mut lines = scrape.lines();
        let line = lines.find(|line| line.starts_with(beginning));
        line.unwrap().rsplit(' ').next().unwrap().parse().unwrap()
    }

    #[test]
    fn a_scrape_has_each_round_whole_or_not_at_all() {
        let state = state();
        let adding = thread::spawn({
            let (state, round) = (Arc::clone(&state), round());
            move || {
                for number in 1..=ROUNDS {
                    state.add(number.into(), 0.0, &round, number.into());
                }
            }
        });
        loop {
            let is_last = adding.is_finished();
            let scrape = state.scrape(|exposition| exposition.expose(Format::Text));
            let scrape = String::from_utf8(scrape).unwrap();
            let values = [
                r#"httpserver_canary_rounds_total{hop="round",verdict="pass"}"#,
                r#"httpserver_canary_expected_total{stage="traces"}"#,
                r#"httpserver_canary_found_total{stage="traces"}"#,
                "httpserver_canary_last_round_timestamp_seconds ",
            ]
            .map(|beginning| value(&scrape, beginning));
            assert_eq!(values, [values[0]; 4]);
            if is_last {
                assert_eq!(values[0], f64::from(ROUNDS));
                break;
            }
        }
        adding.join().unwrap();
    }
}
