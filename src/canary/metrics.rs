//! The metrics of the canary: every series is there from the start, at 0, because an alert cannot be written on one that is
//! absent.

use std::time::Duration;

use opentelemetry::{
    KeyValue,
    metrics::{Counter, Gauge, Meter},
};

use super::tally::ROUND;
use crate::{
    instruments::{Durations, Recorder},
    verify::{Judgement, Looked, QUANTILES, Round, Sent, StageName},
};

/// From the time of one scrape to more than any deadline that is usual, in seconds.
const LAGS: [f64; 10] = [0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0];

/// The instruments.
#[derive(Debug)]
pub struct Metrics {
    rounds: Counter<u64>,
    hop_ok: Gauge<u64>,
    visible: Vec<(StageName, Durations)>,
    requests: Counter<u64>,
    expected: Counter<u64>,
    found: Counter<u64>,
    duplicate: Counter<u64>,
    late: Counter<u64>,
    quantile_error: Gauge<f64>,
    last_round: Gauge<f64>,
}

/// What does not change.
#[derive(Debug)]
pub struct Facts<'f> {
    /// The hops that are judged.
    pub hops: &'f [&'static str],
    /// The stages that are asked.
    pub stages: &'f [StageName],
    /// The URL of the target, without its password.
    pub target: &'f str,
    /// `--every`.
    pub every: Duration,
    /// `--deadline`.
    pub deadline: Duration,
}

impl Metrics {
    /// Creates every series.
    pub fn new(recorder: &Recorder, facts: &Facts<'_>) -> Self {
        let meter = &recorder.meter;
        let counter = |name: &'static str, text: &'static str| {
            let counter = meter.u64_counter(name).with_description(text);
            counter.build()
        };
        let visible = recorder.durations(
            "httpserver_canary_visible",
            "Time from an answer until it can be seen in a stage of the pipeline.",
            lags(facts.deadline),
        );
        let own = Self {
            rounds: counter(
                "httpserver_canary_rounds",
                "Judgements of each hop; the hop `round` is the whole round.",
            ),
            hop_ok: meter
                .u64_gauge("httpserver_canary_hop_ok")
                .with_description("1 where a hop was right when it was judged last, 0 where it was wrong or could not be checked, and before the first round.")
                .build(),
            visible: facts
                .stages
                .iter()
                .map(|stage| (*stage, visible.bind(&[by_stage(*stage)])))
                .collect(),
            requests: counter("httpserver_canary_requests", "Requests of the rounds, by outcome."),
            expected: counter(
                "httpserver_canary_expected",
                "Requests that should be found in a stage.",
            ),
            found: counter(
                "httpserver_canary_found",
                "Requests that were found in a stage by the deadline.",
            ),
            duplicate: counter(
                "httpserver_canary_duplicate",
                "Requests that a stage has once more than they were sent.",
            ),
            late: counter(
                "httpserver_canary_late",
                "Requests that were found in a stage after the deadline.",
            ),
            quantile_error: meter
                .f64_gauge("httpserver_canary_quantile_error_ratio")
                .with_description("Quantile that Prometheus reported for the last round that has one, divided by the measured one, minus 1.")
                .build(),
            last_round: meter
                .f64_gauge("httpserver_canary_last_round_timestamp")
                .with_unit("s")
                .with_description("When a round was judged last, other than skipped; 0 before the first one.")
                .build(),
        };
        own.begin(facts);
        record_once(meter, facts);
        own
    }

    fn begin(&self, facts: &Facts<'_>) {
        for hop in facts.hops.iter().chain(&[ROUND]) {
            for judgement in Judgement::ALL {
                self.rounds.add(0, &[by_hop(hop), by_verdict(judgement)]);
            }
            self.hop_ok.record(0, &[by_hop(hop)]);
        }
        self.add(Sent::default());
        for stage in facts.stages {
            let labels = [by_stage(*stage)];
            for counter in [&self.expected, &self.found, &self.duplicate, &self.late] {
                counter.add(0, &labels);
            }
        }
        if facts.stages.contains(&StageName::Prometheus) {
            for source in ["classic", "native"] {
                for q in QUANTILES {
                    self.quantile_error.record(0.0, &by_quantile(q, source));
                }
            }
        }
        self.last_round.record(0.0, &[]);
    }

    fn add(&self, sent: Sent) {
        for (outcome, count) in [
            ("answered", sent.answered),
            ("failed", sent.failed),
            ("not_sent", sent.not_sent),
        ] {
            self.requests.add(count, &[by_outcome(outcome)]);
        }
    }

    /// Records a round that was judged at this time, in seconds of Unix time.
    pub fn record(&self, round: &Round, now: f64) {
        let hops = round.hops.iter().map(|hop| (hop.id, hop.judgement));
        for (hop, judgement) in hops.chain([(ROUND, round.judgement())]) {
            self.rounds.add(1, &[by_hop(hop), by_verdict(judgement)]);
        }
        self.add(round.sent);
        for stage in &round.stages {
            let labels = [by_stage(stage.name)];
            self.expected.add(stage.expected, &labels);
            self.found.add(stage.found, &labels);
            self.duplicate.add(stage.duplicate, &labels);
            let own = self.visible.iter().find(|(name, _)| *name == stage.name);
            if let Some((_, visible)) = own {
                for lag in &stage.lags {
                    visible.record(*lag, None);
                }
            }
        }
        for error in &round.errors {
            let labels = by_quantile(error.q, error.source);
            self.quantile_error.record(error.ratio, &labels);
        }
        if round.judgement() != Judgement::Skipped {
            self.last_round.record(now, &[]);
        }
    }

    /// Shows whether hops are right.
    pub fn show(&self, current: &[(&'static str, bool)]) {
        for (hop, is_good) in current {
            self.hop_ok.record(u64::from(*is_good), &[by_hop(hop)]);
        }
    }

    /// Records what asking again has shown.
    pub fn record_late(&self, stage: StageName, looked: Looked) {
        let labels = [by_stage(stage)];
        self.expected.add(looked.expected, &labels);
        self.late.add(looked.found, &labels);
    }
}

/// A quantile is never above the last bound, and is compared with half of the deadline.
fn lags(deadline: Duration) -> Vec<f64> {
    let deadline = deadline.as_secs_f64();
    let longer = LAGS.iter().all(|lag| *lag < deadline);
    let own = longer.then_some(deadline);
    LAGS.into_iter().chain(own).collect()
}

fn record_once(meter: &Meter, facts: &Facts<'_>) {
    let seconds = |name: &'static str, text: &'static str, value: Duration| {
        let gauge = meter.f64_gauge(name).with_unit("s").with_description(text);
        gauge.build().record(value.as_secs_f64(), &[]);
    };
    seconds(
        "httpserver_canary_interval",
        "Time from the begin of one round to that of the next (--every).",
        facts.every,
    );
    seconds(
        "httpserver_canary_deadline",
        "Time after the load of a round until what is missing is lost (--deadline).",
        facts.deadline,
    );
    let info = [
        KeyValue::new("target", facts.target.to_owned()),
        KeyValue::new("version", env!("CARGO_PKG_VERSION")),
    ];
    meter
        .u64_gauge("httpserver_canary_info")
        .with_description("What is watched; always 1.")
        .build()
        .record(1, &info);
}

fn by_hop(hop: &'static str) -> KeyValue {
    KeyValue::new("hop", hop)
}

fn by_verdict(judgement: Judgement) -> KeyValue {
    KeyValue::new("verdict", judgement.as_str())
}

fn by_outcome(outcome: &'static str) -> KeyValue {
    KeyValue::new("outcome", outcome)
}

fn by_stage(stage: StageName) -> KeyValue {
    KeyValue::new("stage", stage.as_str())
}

fn by_quantile(q: f64, source: &'static str) -> [KeyValue; 2] {
    [
        KeyValue::new("q", q.to_string()),
        KeyValue::new("source", source),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_any_deadline_is_below_the_last_bound() {
        for seconds in [1, 120, 300, 301, 600, 36_000] {
            let bounds = lags(Duration::from_secs(seconds));
            assert!(bounds.is_sorted() && *bounds.last().unwrap() > seconds as f64 / 2.0);
        }
        assert_eq!(lags(Duration::from_mins(2)), LAGS);
    }
}
