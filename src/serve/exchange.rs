//! One timed request, shared by the code that observes it and the handler that answers it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use crate::{contract::TraceContext, timer::ExecutionTimer};

const NOTHING: u64 = u64::MAX;

/// What is known of one timed request.
#[derive(Clone, Debug)]
pub(super) struct Exchange(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    timer: ExecutionTimer,
    trace_context: TraceContext,
    drawn_ns: AtomicU64,
}

impl Exchange {
    pub(super) fn new(timer: ExecutionTimer, trace_context: TraceContext) -> Self {
        Self(Arc::new(Inner {
            timer,
            trace_context,
            drawn_ns: AtomicU64::new(NOTHING),
        }))
    }

    pub(super) fn timer(&self) -> &ExecutionTimer {
        &self.0.timer
    }

    pub(super) fn trace_context(&self) -> TraceContext {
        self.0.trace_context
    }

    /// Notes the delay that was drawn, for the headers and the span.
    pub(super) fn set_drawn(&self, drawn: Duration) {
        self.0
            .drawn_ns
            .store(u64::try_from(drawn.as_nanos()).unwrap_or(NOTHING), Relaxed);
    }

    /// The delay that was drawn; none where the request was refused before.
    pub(super) fn drawn(&self) -> Option<Duration> {
        match self.0.drawn_ns.load(Relaxed) {
            NOTHING => None,
            nanoseconds => Some(Duration::from_nanos(nanoseconds)),
        }
    }
}
