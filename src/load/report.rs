//! The report of a run: data first, then its text.

use std::{collections::BTreeMap, fmt};

use hdrhistogram::Histogram;
use serde::Serialize;

use super::{Driven, Plan, Statistics, StatusSet};
use crate::{client::without_password, exit::Exit};

/// A run in numbers. Durations are in seconds, rates a second.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    url: String,
    sending_seconds: f64,
    intended: u64,
    sent: u64,
    answered: u64,
    failed: u64,
    /// Dropped because `--max-in-flight` was reached for too long.
    not_sent: u64,
    intended_rate: f64,
    achieved_rate: f64,
    /// From sending to the last byte.
    service_time: Times,
    /// From the due instant to the last byte.
    response_time: Times,
    /// From the due instant to sending.
    lateness: Times,
    statuses: BTreeMap<u16, u64>,
    /// Answered with a status outside `--accept-status`.
    not_accepted: u64,
    #[serde(skip)]
    accepted: StatusSet,
    failures: BTreeMap<&'static str, Failed>,
    replicas: BTreeMap<String, u64>,
    bytes: u64,
    #[serde(skip)]
    unreachable: bool,
}

#[derive(Clone, Debug, Serialize)]
struct Failed {
    count: u64,
    /// The message of the first one.
    first: String,
}

/// `None` where nothing was measured.
#[derive(Clone, Copy, Debug, Serialize)]
struct Times {
    mean: Option<f64>,
    p50: Option<f64>,
    p90: Option<f64>,
    p95: Option<f64>,
    p99: Option<f64>,
    #[serde(rename = "p99.9")]
    p999: Option<f64>,
    max: Option<f64>,
}

impl Report {
    /// Summarizes a run in which answers with 2xx are a success.
    #[must_use]
    pub fn new(plan: &Plan, driven: Driven, statistics: &Statistics) -> Self {
        let answered = statistics.by_status.values().sum();
        let seconds = driven.sending.as_secs_f64();
        let failures = &statistics.by_failure;
        let report = Self {
            url: without_password(&plan.url),
            sending_seconds: seconds,
            intended: driven.intended,
            sent: driven.sent,
            answered,
            failed: driven.sent - answered,
            not_sent: driven.not_sent,
            intended_rate: plan.rate,
            achieved_rate: if seconds > 0.0 {
                driven.sent as f64 / seconds
            } else {
                0.0
            },
            service_time: Times::of(&statistics.service),
            response_time: Times::of(&statistics.response),
            lateness: Times::of(&statistics.lateness),
            statuses: statistics.by_status.clone(),
            not_accepted: 0,
            accepted: StatusSet::default(),
            failures: failures
                .iter()
                .map(|(kind, failed)| {
                    (
                        *kind,
                        Failed {
                            count: failed.count,
                            first: failed.first.to_string(),
                        },
                    )
                })
                .collect(),
            replicas: statistics.by_replica.clone(),
            bytes: statistics.bytes,
            unreachable: answered == 0
                && !failures.is_empty()
                && failures.values().all(|f| f.first.is_unreachable()),
        };
        report.accepting(&StatusSet::default())
    }

    /// Counts these statuses, and no others, as a success.
    #[must_use]
    pub fn accepting(mut self, accepted: &StatusSet) -> Self {
        let others = self.statuses.iter();
        let others = others.filter(|(status, _)| !accepted.contains(**status));
        self.not_accepted = others.map(|(_, count)| count).sum();
        self.accepted = accepted.clone();
        self
    }

    /// Good when every due request was sent, and answered with a status that is accepted.
    #[must_use]
    pub fn exit(&self) -> Exit {
        if self.unreachable {
            Exit::Unreachable
        } else if self.failed + self.not_sent + self.not_accepted > 0 {
            Exit::Failed
        } else {
            Exit::Good
        }
    }
}

impl Times {
    fn of(histogram: &Histogram<u64>) -> Self {
        let measured = |micros: f64| (!histogram.is_empty()).then_some(micros / 1e6);
        let at = |q| measured(histogram.value_at_quantile(q) as f64);
        Self {
            mean: measured(histogram.mean()),
            p50: at(0.5),
            p90: at(0.9),
            p95: at(0.95),
            p99: at(0.99),
            p999: at(0.999),
            max: measured(histogram.max() as f64),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} requests to {} in {:.1} s",
            self.sent, self.url, self.sending_seconds
        )?;
        writeln!(
            f,
            "rate       {:.1} intended, {:.1} achieved a second",
            self.intended_rate, self.achieved_rate
        )?;
        writeln!(f, "answered   {} of {}", self.answered, self.sent)?;
        for (status, count) in &self.statuses {
            let verdict = if self.accepted.contains(*status) {
                String::new()
            } else {
                format!("   not in --accept-status {}", self.accepted)
            };
            writeln!(f, "  status {status}   {count}{verdict}")?;
        }
        for (kind, failed) in &self.failures {
            writeln!(f, "  {kind}   {} ({})", failed.count, failed.first)?;
        }
        if self.not_sent > 0 {
            writeln!(
                f,
                "not sent   {} (--max-in-flight was reached for longer than --timeout)",
                self.not_sent
            )?;
        }
        for (replica, count) in &self.replicas {
            writeln!(f, "replica    {replica}   {count}")?;
        }
        writeln!(
            f,
            "\nseconds            mean      p50      p90      p95      p99    p99.9      max"
        )?;
        writeln!(f, "service time  {}", self.service_time)?;
        writeln!(f, "response time {}", self.response_time)?;
        writeln!(f, "sent late by  {}", self.lateness)
    }
}

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for seconds in [
            self.mean, self.p50, self.p90, self.p95, self.p99, self.p999, self.max,
        ] {
            match seconds {
                Some(seconds) => write!(f, " {seconds:>8.4}")?,
                None => write!(f, " {:>8}", "-")?,
            }
        }
        Ok(())
    }
}
