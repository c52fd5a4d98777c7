//! Exemplars as Prometheus returns them.

use std::collections::BTreeSet;

use super::{
    counts,
    labels::{Labels, has_all},
    requests::Requests,
    spans::WantedTrace,
};

/// Most traces that are asked for besides those of the sampled requests.
const MAX_TRACES: usize = 100;

/// The exemplars of one series.
#[derive(Clone, Debug, PartialEq)]
pub struct ExemplarSeries {
    pub labels: Labels,
    pub exemplars: Vec<Exemplar>,
}

/// An observation that names its trace.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Exemplar {
    pub trace_id: u128,
    pub span_id: Option<u64>,
    pub value: f64,
    /// By the clock of the service, in milliseconds of Unix time.
    pub at: i64,
}

impl ExemplarSeries {
    /// Whether the series is one of this target's.
    pub fn is_from(&self, target: &Labels) -> bool {
        has_all(&self.labels, target)
    }

    /// The bound of the bucket; a native series has none.
    pub fn bound(&self) -> Option<f64> {
        counts::bound(&self.labels)
    }
}

impl Exemplar {
    /// `None` where the labels name no trace.
    pub fn read(labels: &Labels, value: f64, at: i64) -> Option<Self> {
        let text = |name| labels.get(name).map(String::as_str);
        Some(Self {
            trace_id: u128::from_str_radix(text("trace_id")?, 16).ok()?,
            span_id: text("span_id").and_then(|id| u64::from_str_radix(id, 16).ok()),
            value,
            at,
        })
    }
}

/// The trace ids of all exemplars.
pub fn trace_ids<'a>(series: impl Iterator<Item = &'a ExemplarSeries>) -> BTreeSet<u128> {
    let all = series.flat_map(|series| &series.exemplars);
    all.map(|exemplar| exemplar.trace_id).collect()
}

/// Traces of requests that the service sampled though they were not sent as sampled: a bounded number.
pub fn sampled_by_service(
    series: &[ExemplarSeries],
    sent: &Requests,
    sampled: &[WantedTrace],
) -> Vec<u128> {
    let named = trace_ids(series.iter());
    let mut own: BTreeSet<_> = sent.trace_ids().filter(|id| named.contains(id)).collect();
    for wanted in sampled {
        own.remove(&wanted.id);
    }
    own.into_iter().take(MAX_TRACES).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        let pairs = pairs.iter();
        pairs
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn an_exemplar_without_a_trace_is_left_out() {
        let read = |pairs: &[(&str, &str)]| Exemplar::read(&labels(pairs), 0.5, 7);
        let exemplar = read(&[("trace_id", "ff"), ("span_id", "0a")]).unwrap();
        assert_eq!((exemplar.trace_id, exemplar.span_id), (255, Some(10)));
        assert_eq!(read(&[("trace_id", "ff")]).unwrap().span_id, None);
        assert_eq!(read(&[("trace_id", "x")]), None);
        assert_eq!(read(&[("span_id", "0a")]), None);
    }

    #[test]
    fn a_series_with_further_labels_is_still_the_targets() {
        let series = ExemplarSeries {
            labels: labels(&[("job", "j"), ("replica", "a"), ("le", "1.0")]),
            exemplars: Vec::new(),
        };
        assert!(series.is_from(&labels(&[("job", "j")])));
        assert!(!series.is_from(&labels(&[("job", "other")])));
        assert_eq!(series.bound(), Some(1.0));
    }
}
