//! An observation that names its trace.

use std::time::SystemTime;

use crate::digits::push_hex;

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
            ("trace_id", hex(self.trace_id.to_be_bytes())),
            ("span_id", hex(self.span_id.to_be_bytes())),
        ]
    }
}

fn hex<const N: usize>(id: [u8; N]) -> String {
    let mut text = Vec::with_capacity(2 * N);
    push_hex(&mut text, id);
    String::from_utf8(text).unwrap_or_default() // digits are UTF-8
}
