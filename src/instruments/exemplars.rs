//! The latest exemplar of each bucket of one series.

use std::{
    sync::{Mutex, PoisonError},
    time::SystemTime,
};

use crate::{contract::TraceContext, exposition::Exemplar};

/// One slot for each bucket. An observation that is not sampled never comes here.
#[derive(Debug)]
pub struct Exemplars {
    bounds: Vec<f64>,
    slots: Vec<Mutex<Option<Exemplar>>>,
}

impl Exemplars {
    pub fn new(bounds: &[f64]) -> Self {
        Self {
            bounds: bounds.to_vec(),
            slots: (0..=bounds.len()).map(|_| Mutex::default()).collect(),
        }
    }

    /// Keeps an observation as the latest one of its bucket. Of several at the same moment, any one is kept, so that none
    /// waits for another.
    pub fn offer(&self, value: f64, span: TraceContext) {
        let bucket = self.bounds.partition_point(|bound| *bound < value);
        if let Some(slot) = self.slots.get(bucket)
            && let Ok(mut slot) = slot.try_lock()
        {
            *slot = Some(Exemplar {
                trace_id: span.trace_id,
                span_id: span.parent_id,
                value,
                time: SystemTime::now(),
            });
        }
    }

    pub fn latest(&self) -> Vec<Option<Exemplar>> {
        let read = |slot: &Mutex<_>| *slot.lock().unwrap_or_else(PoisonError::into_inner);
        self.slots.iter().map(read).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_bucket_has_its_latest_observation() {
        let exemplars = Exemplars::new(&[0.1, 1.0]);
        for (value, span) in [(0.1, 1), (0.05, 2), (0.11, 3), (1.5, 4)] {
            exemplars.offer(
                value,
                TraceContext {
                    trace_id: 7,
                    parent_id: span,
                },
            );
        }
        let kept = exemplars.latest();
        let spans: Vec<_> = kept.iter().map(|kept| kept.unwrap().span_id).collect();
        assert_eq!(spans, [2, 3, 4]);
        assert!(kept.iter().all(|kept| kept.unwrap().trace_id == 7));
    }
}
