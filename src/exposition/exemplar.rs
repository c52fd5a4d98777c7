//! An observation that names its trace.

use std::time::SystemTime;

/// One observation of a request whose span is recorded and sampled.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Exemplar {
    /// The id of its trace.
    pub trace_id: u128,
    /// The id of its span.
    pub span_id: u64,
    /// What was observed, in the unit of its histogram.
    pub value: f64,
    /// When it was observed.
    pub time: SystemTime,
}

impl Exemplar {
    /// Its labels, as the conventions name them:
    /// <https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/#exemplars>
    pub(super) fn labels(&self) -> [(&'static str, String); 2] {
        [
            ("trace_id", format!("{:032x}", self.trace_id)),
            ("span_id", format!("{:016x}", self.span_id)),
        ]
    }
}
