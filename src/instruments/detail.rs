//! What one series of a histogram holds beside its classic buckets: the native ones, and the latest exemplars.

use std::time::SystemTime;

use crate::{
    buckets::NativeCounts,
    contract::TraceContext,
    exposition::{Exemplar, Format, Native, Span},
};

/// What was read of one series.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Where the format has native histograms.
    pub native: Option<Native>,
    /// One for each classic bucket, and then one for what is above all bounds.
    pub exemplars: Vec<Option<Exemplar>>,
}

#[derive(Debug)]
pub struct Detail {
    counts: NativeCounts,
    /// Of the classic buckets, without the last one.
    bounds: Vec<f64>,
    /// One for each classic bucket.
    exemplars: Vec<Option<Exemplar>>,
}

impl Detail {
    pub fn new(bounds: &[f64]) -> Self {
        Self {
            counts: NativeCounts::default(),
            bounds: bounds.to_vec(),
            exemplars: vec![None; bounds.len() + 1],
        }
    }

    pub fn record(&mut self, value: f64, sampled: Option<TraceContext>) {
        self.counts.record(value);
        if let Some(span) = sampled {
            let bucket = self.bounds.partition_point(|bound| *bound < value);
            self.exemplars[bucket] = Some(Exemplar {
                trace_id: span.trace_id,
                span_id: span.parent_id,
                value,
                time: SystemTime::now(),
            });
        }
    }

    /// What a format has of it.
    pub fn read(&self, format: Format) -> Known {
        let (start, counts) = self.counts.buckets();
        let native = || Native {
            schema: self.counts.schema().number(),
            zero_count: self.counts.zero(),
            positive: Span::split(start, counts),
            negative: Vec::new(),
        };
        Known {
            native: (format == Format::Protobuf).then(native),
            exemplars: self.exemplars.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_bucket_has_its_latest_sampled_observation() {
        let mut detail = Detail::new(&[0.1, 1.0]);
        for (value, span) in [(0.1, 1), (0.05, 2), (0.11, 3), (1.5, 4)] {
            let context = TraceContext {
                trace_id: 7,
                parent_id: span,
            };
            detail.record(value, Some(context));
            detail.record(value, None);
        }
        let Known { native, exemplars } = detail.read(Format::Protobuf);
        let kept: Vec<_> = exemplars.into_iter().flatten().collect();
        let spans: Vec<_> = kept
            .iter()
            .map(|kept| (kept.trace_id, kept.span_id))
            .collect();
        assert_eq!(spans, [(7, 2), (7, 3), (7, 4)]);
        assert_eq!(native.unwrap().count(), 8);
        assert_eq!(detail.read(Format::OpenMetrics).native, None);
    }
}
