//! What Prometheus has of the run: targets, raw samples, and the percentiles that a dashboard shows.

use serde::Deserialize;

use super::{
    histogram::Histogram,
    labels::{Labels, label_text},
    processes::{ProcessRun, Target, Window},
    quantile_query::QuantileQuery,
    series::Series,
};
use crate::contract::Step;

#[derive(Clone, Debug)]
pub struct Scrapes {
    pub targets: Vec<Target>,
    pub active: Vec<ActiveTarget>,
    pub raw: Vec<Series>,
    pub window: Window,
    /// Over the whole run.
    pub run: QuantileQuery,
    /// Over a dashboard's `--rate-window`.
    pub rate_window: Option<QuantileQuery>,
    /// Prometheus' clock minus this machine's, in milliseconds.
    pub clock_ahead: i64,
}

/// A target in Prometheus' own list.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ActiveTarget {
    pub labels: Labels,
    pub scrape_url: String,
    pub health: String,
    pub last_error: String,
    /// Since Prometheus 2.29; such as `15s` or `1m30s`.
    scrape_interval: Option<String>,
}

impl Scrapes {
    pub fn processes(&self) -> impl Iterator<Item = &ProcessRun> {
        self.targets.iter().flat_map(|target| &target.processes)
    }

    /// The bounds of the latency buckets, from the first process that has them.
    pub fn bounds(&self) -> Option<Vec<f64>> {
        let totals = self
            .processes()
            .filter_map(|process| process.counts.step(Step::Total));
        totals.map(Histogram::bounds).next()
    }

    /// Targets that cannot be scraped, with the error that Prometheus gives.
    pub fn down(&self) -> impl Iterator<Item = String> {
        let down = self.active.iter().filter(|target| target.health == "down");
        down.map(|target| {
            let labels = label_text(&target.labels);
            let (url, error) = (&target.scrape_url, &target.last_error);
            format!("{labels} ({url}) is down: {error}")
        })
    }
}

impl ActiveTarget {
    /// Seconds from one scrape to the next, where it is known.
    pub fn interval(&self) -> Option<f64> {
        parse_duration(self.scrape_interval.as_deref()?)
    }
}

/// Seconds of a duration as Prometheus writes it: `1m30s`, `500ms`.
fn parse_duration(text: &str) -> Option<f64> {
    let (mut rest, mut seconds) = (text, 0.0);
    while !rest.is_empty() {
        let (amount, after) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit())?);
        let end = after.find(|c: char| c.is_ascii_digit());
        let (unit, after) = after.split_at(end.unwrap_or(after.len()));
        let scale = match unit {
            "ms" => 0.001,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            "d" => 86_400.0,
            _ => return None,
        };
        seconds += amount.parse::<f64>().ok()? * scale;
        rest = after;
    }
    (seconds > 0.0).then_some(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_read_as_prometheus_writes_them() {
        for (text, seconds) in [
            ("15s", 15.0),
            ("500ms", 0.5),
            ("1m30s", 90.0),
            ("1h", 3600.0),
        ] {
            let read = parse_duration(text).unwrap();
            assert!((read - seconds).abs() < 1e-9, "{text}: {read}");
        }
        for bad in ["", "s", "15", "1w2x", "0s"] {
            assert_eq!(parse_duration(bad), None, "{bad}");
        }
    }
}
