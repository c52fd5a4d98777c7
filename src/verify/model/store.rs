//! The kind of the store that answers as Prometheus does, and how its answers differ from those of Prometheus.

use std::{fmt, time::Duration};

use serde::Serialize;

use super::rate::Formula;

/// Whose behaviour it has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    #[default]
    Prometheus,
    VictoriaMetrics,
    Thanos,
    /// One with the behaviour of Prometheus, and a name of its own.
    Other,
}

/// Where the targets are from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TargetSource {
    /// The store lists them.
    #[default]
    Listed,
    /// The Prometheus of `--scraper` lists them.
    Scraper,
    /// There is no list: a target is what has samples.
    Samples,
}

/// What is known of a store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Store {
    #[serde(skip)]
    pub kind: Kind,
    pub name: String,
    pub version: Option<String>,
    pub targets: TargetSource,
    /// Whether Thanos is asked for the samples of each Prometheus, instead of deduplicated ones as on a dashboard.
    #[serde(skip)]
    pub is_raw: bool,
}

impl Default for Store {
    fn default() -> Self {
        Self::new(Kind::Prometheus, "Prometheus", None)
    }
}

impl Store {
    pub fn new(kind: Kind, name: &str, version: Option<String>) -> Self {
        Self {
            kind,
            name: name.to_owned(),
            version,
            targets: TargetSource::default(),
            is_raw: true,
        }
    }

    /// What each query is asked with besides.
    pub fn parameters(&self) -> &'static [(&'static str, &'static str)] {
        match self.kind {
            // By default, samples of the last 30 s are hidden.
            Kind::VictoriaMetrics => &[("latency_offset", "1ms")],
            Kind::Thanos if self.is_raw => &[("partial_response", "false"), ("dedup", "false")],
            Kind::Thanos => &[("partial_response", "false")],
            _ => &[],
        }
    }

    /// The query for its own time.
    pub fn now(&self) -> &'static str {
        match self.kind {
            Kind::VictoriaMetrics => "now()", // `time()` has whole seconds there
            _ => "time()",
        }
    }

    /// How it computes `rate()`.
    pub fn formula(&self) -> Formula {
        match self.kind {
            Kind::VictoriaMetrics => Formula::VictoriaMetrics,
            _ => Formula::Prometheus,
        }
    }

    /// How long after the first sample of a scrape the last one of it can be seen: remote write sends them in several
    /// batches, every 5 s by default, and `VictoriaMetrics` makes samples searchable once a second.
    pub fn delay(&self) -> Duration {
        match (self.targets, self.kind) {
            (TargetSource::Scraper | TargetSource::Samples, _) => Duration::from_secs(6),
            (_, Kind::VictoriaMetrics) => Duration::from_secs(2),
            _ => Duration::ZERO,
        }
    }
}

impl fmt::Display for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        if let Some(version) = &self.version {
            write!(f, " {version}")?;
        }
        f.write_str(match self.targets {
            TargetSource::Listed => "",
            TargetSource::Scraper => ", targets as listed by --scraper",
            TargetSource::Samples => ", which lists no targets: those with samples are taken",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_is_named_with_its_version_and_where_its_targets_are_from() {
        let mut store = Store::new(Kind::Other, "Grafana Mimir", Some("2.17.0".to_owned()));
        assert_eq!(store.to_string(), "Grafana Mimir 2.17.0");
        store.targets = TargetSource::Samples;
        assert!(store.to_string().contains("lists no targets"));
        assert_eq!(Store::default().to_string(), "Prometheus");
    }
}
