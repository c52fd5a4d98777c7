//! One request, as its sender sees it.

use std::time::Duration;

use crate::{
    client::Failure,
    contract::{ServerTiming, TraceContext},
};

/// One request that was sent. Times are offsets from the start of the run.
#[derive(Clone, Debug)]
pub struct Sent {
    /// The ids in its `traceparent`, which determine its delay.
    pub trace_context: TraceContext,
    /// Whether its `traceparent` has the sampled flag.
    pub sampled: bool,
    /// When it was due.
    pub due: Duration,
    /// When it was sent.
    pub sent: Duration,
    /// When its last byte was received, or it failed.
    pub done: Duration,
    /// How it ended.
    pub outcome: Outcome,
}

/// How a request ended.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// With a complete response.
    Answered {
        /// The status code.
        status: u16,
        /// The `Server-Timing` header.
        timing: ServerTiming,
        /// The ids of the server's span, from the `traceresponse` header.
        traceresponse: Option<TraceContext>,
        /// Length of the body.
        bytes: u64,
    },
    /// Without a complete response.
    Failed(Failure),
}

impl Sent {
    /// From sending to the last byte.
    #[must_use]
    pub fn service_time(&self) -> Duration {
        self.done.saturating_sub(self.sent)
    }

    /// From the due instant to the last byte: response time without coordinated omission.
    #[must_use]
    pub fn response_time(&self) -> Duration {
        self.done.saturating_sub(self.due)
    }

    /// How late it was sent.
    #[must_use]
    pub fn lateness(&self) -> Duration {
        self.sent.saturating_sub(self.due)
    }
}
