//! Random ids, of which a trace id can be chosen before its span is built.
//!
//! The SDK draws a trace id, asks the sampler about it, and then builds a span, all in one call. To ask first and build
//! only what is recorded, the id that the sampler has seen is handed to the generator.

use std::cell::Cell;

use opentelemetry::{SpanId, TraceId};
use opentelemetry_sdk::trace::{IdGenerator, RandomIdGenerator};

thread_local! {
    static CHOSEN: Cell<Option<TraceId>> = const { Cell::new(None) };
}

#[derive(Debug, Default)]
pub struct TraceIds(RandomIdGenerator);

impl TraceIds {
    /// Builds a span; in `build`, the next new trace id is `chosen`.
    pub fn choose<S>(chosen: TraceId, build: impl FnOnce() -> S) -> S {
        CHOSEN.set(Some(chosen));
        let span = build();
        CHOSEN.set(None);
        span
    }
}

impl IdGenerator for TraceIds {
    fn new_trace_id(&self) -> TraceId {
        CHOSEN.take().unwrap_or_else(|| self.0.new_trace_id())
    }

    fn new_span_id(&self) -> SpanId {
        self.0.new_span_id()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chosen_id_is_used_once_and_never_later() {
        let (ids, chosen) = (TraceIds::default(), TraceId::from(7_u128));
        let built = TraceIds::choose(chosen, || (ids.new_trace_id(), ids.new_trace_id()));
        assert_eq!(built.0, chosen);
        assert_ne!(built.1, chosen);
        TraceIds::choose(chosen, || ());
        assert_ne!(ids.new_trace_id(), chosen);
    }
}
