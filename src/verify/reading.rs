//! One reading of one replica's `/metrics`, and what two of them tell. Pure but for the fetching.

use reqwest::Url;

use super::{
    exposition::{self, Sample, number},
    histogram::{Counts, Histogram},
};
use crate::client::{Client, ClientError, Failure};

/// The largest exposition that is read.
const LARGEST: usize = 16 << 20;

/// What a replica said of itself at one moment. Times are milliseconds of this machine's Unix time.
#[derive(Clone, Debug, Default)]
pub(super) struct Reading {
    pub(super) begun: i64,
    pub(super) done: i64,
    pub(super) instance_id: String,
    /// The delay and the seed that it declares.
    pub(super) declared: Option<(String, String)>,
    pub(super) rejected: f64,
    pub(super) counts: Counts,
}

/// Why a replica could not be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReadingError {
    #[error("{0}")]
    Client(#[from] ClientError),
    #[error("{url}: {error}")]
    Exposition {
        url: String,
        error: exposition::ExpositionError,
    },
    #[error("{url}: there is no {name}")]
    Missing { url: String, name: String },
}

/// All readings of what one URL answers, in order.
#[derive(Clone, Debug)]
pub(super) struct Replica {
    pub(super) url: String,
    pub(super) readings: Vec<Reading>,
    /// How many readings there were when everything sent was counted; more than there are until then.
    pub(super) settled: usize,
}

/// What one process counted during the run, as its own `/metrics` tells it.
#[derive(Clone, Debug)]
pub(super) struct Counted<'a> {
    pub(super) instance_id: &'a str,
    pub(super) url: &'a str,
    pub(super) counts: Counts,
    /// Whether it still answered after the run.
    pub(super) is_whole: bool,
}

impl ReadingError {
    /// Whether the address answers that there is no such page.
    pub(super) fn is_elsewhere(&self) -> bool {
        matches!(self, Self::Client(error) if matches!(error.failure, Failure::Status(404, _)))
    }

    /// Whether nobody was there to answer.
    pub(super) fn is_unreachable(&self) -> bool {
        matches!(self, Self::Client(error) if !matches!(error.failure, Failure::Status(..)))
    }
}

/// Reads a replica now.
pub(super) async fn read(
    client: &Client,
    url: &Url,
    namespace: &str,
) -> Result<Reading, ReadingError> {
    let begun = now();
    let text = client.text(url, LARGEST).await?;
    let samples = exposition::parse(&text).map_err(|error| ReadingError::Exposition {
        url: url.to_string(),
        error,
    })?;
    let mut reading = of(&samples, namespace).map_err(|name| ReadingError::Missing {
        url: url.to_string(),
        name,
    })?;
    (reading.begun, reading.done) = (begun, now());
    Ok(reading)
}

/// This machine's Unix time, in milliseconds.
pub(super) fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| {
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    })
}

/// What an exposition tells; the name that it lacks where it is none of this service.
fn of(samples: &[Sample], namespace: &str) -> Result<Reading, String> {
    let mut reading = Reading::default();
    let mut has_accepted = false;
    for sample in samples {
        if sample.name == "target_info" {
            let id = sample.labels.get("service_instance_id");
            reading.instance_id = id.cloned().unwrap_or_default();
        }
        match sample.name.strip_prefix(namespace) {
            Some("_requests_accepted_total") => {
                reading.counts.accepted = sample.value;
                has_accepted = true;
            }
            Some("_requests_rejected_total") => reading.rejected += sample.value,
            Some("_delay_info") => {
                let label = |name| sample.labels.get(name).cloned().unwrap_or_default();
                reading.declared = Some((label("delay"), label("seed")));
            }
            Some(name) => enter(&mut reading.counts, name, sample),
            None => {}
        }
    }
    if !has_accepted {
        return Err(format!("{namespace}_requests_accepted_total"));
    }
    if reading.instance_id.is_empty() {
        return Err("target_info with a service_instance_id".to_owned());
    }
    Ok(reading)
}

fn enter(counts: &mut Counts, name: &str, sample: &Sample) {
    let kind = name.strip_prefix("_execution_latency_seconds");
    let (Some(kind), Some(step)) = (kind, sample.labels.get("step")) else {
        return;
    };
    let histogram: &mut Histogram = counts.steps.entry(step.clone()).or_default();
    match (kind, sample.labels.get("le").and_then(|le| number(le))) {
        ("_bucket", Some(le)) => histogram.bucket(le).cumulative = sample.value,
        ("_count", _) => histogram.count = sample.value,
        ("_sum", _) => (histogram.sum, histogram.scale) = (sample.value, sample.value),
        _ => {}
    }
}

impl Replica {
    /// What each process behind this URL counted up to the settled reading, in their order.
    pub(super) fn counted(&self) -> Vec<Counted<'_>> {
        let settled = self.readings.get(..self.settled).unwrap_or(&self.readings);
        let lives: Vec<_> = settled
            .chunk_by(|a, b| a.instance_id == b.instance_id)
            .collect();
        let last = lives.len().saturating_sub(1);
        let nothing = Counts::default();
        let mut counted = Vec::new();
        for (index, life) in lives.iter().enumerate() {
            let ([first, ..], Some(end)) = (&life[..], life.last()) else {
                continue;
            };
            let before = if index == 0 { &first.counts } else { &nothing };
            counted.push(Counted {
                instance_id: &first.instance_id,
                url: &self.url,
                counts: end.counts.since(before),
                is_whole: index == last,
            });
        }
        counted
    }

    /// Whether several processes answer in turn, so that no two readings can be compared.
    pub(super) fn alternates(&self) -> bool {
        let mut ids: Vec<_> = self
            .readings
            .iter()
            .map(|reading| &reading.instance_id)
            .collect();
        ids.dedup();
        let turns = ids.len();
        ids.sort();
        ids.dedup();
        turns > ids.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
target_info{service_instance_id=\"a\",service_name=\"httpserver\"} 1
x_delay_info{delay=\"uniform(0s,2s)\",seed=\"7\"} 1
x_requests_accepted_total 5
x_requests_rejected_total{reason=\"max_in_flight\"} 2
x_execution_latency_seconds_bucket{step=\"total\",le=\"1\"} 3
x_execution_latency_seconds_bucket{step=\"total\",le=\"+Inf\"} 4
x_execution_latency_seconds_sum{step=\"total\"} 4.5
x_execution_latency_seconds_count{step=\"total\"} 4
xy_requests_accepted_total 99
";

    fn reading(text: &str) -> Result<Reading, String> {
        of(&exposition::parse(text).unwrap(), "x")
    }

    fn replica(readings: &[(&str, f64)]) -> Replica {
        let reading = |&(id, accepted): &(&str, f64)| Reading {
            instance_id: id.to_owned(),
            counts: Counts {
                accepted,
                ..Counts::default()
            },
            ..Reading::default()
        };
        Replica {
            url: String::new(),
            readings: readings.iter().map(reading).collect(),
            settled: readings.len(),
        }
    }

    #[test]
    fn a_reading_holds_the_ledger_and_the_buckets() {
        let reading = reading(TEXT).unwrap();
        let total = &reading.counts.steps["total"];
        assert_eq!((reading.counts.accepted, reading.rejected), (5.0, 2.0));
        assert_eq!(
            (total.upto(1.0), total.upto(f64::INFINITY)),
            (Some(3.0), Some(4.0))
        );
        assert_eq!((total.count, total.sum), (4.0, 4.5));
        assert_eq!(reading.declared.unwrap().1, "7");
    }

    #[test]
    fn what_is_no_page_of_this_service_is_refused_by_name() {
        assert_eq!(reading("up 1").unwrap_err(), "x_requests_accepted_total");
        let anonymous = TEXT.replace("service_instance_id", "other");
        assert!(
            reading(&anonymous)
                .unwrap_err()
                .contains("service_instance_id")
        );
    }

    #[test]
    fn a_restart_splits_what_was_counted() {
        let replica = replica(&[("a", 10.0), ("a", 14.0), ("b", 1.0), ("b", 6.0)]);
        let counted: Vec<_> = replica
            .counted()
            .iter()
            .map(|life| {
                (
                    life.instance_id.to_owned(),
                    life.counts.accepted,
                    life.is_whole,
                )
            })
            .collect();
        let expected = [("a".to_owned(), 4.0, false), ("b".to_owned(), 6.0, true)];
        assert_eq!(counted, expected);
        assert!(!replica.alternates());
    }

    #[test]
    fn replicas_that_answer_in_turn_are_noticed() {
        assert!(replica(&[("a", 1.0), ("b", 1.0), ("a", 2.0)]).alternates());
    }
}
