//! The W3C trace context of a request: the ids of its `traceparent` header, from which its draws are computed.

use std::{fmt, str::FromStr};

use crate::digits::push_hex;

/// The two ids from which a request's draws are computed: those of its `traceparent`; without one, the trace id of the
/// server span, and parent 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TraceContext {
    /// The W3C trace id.
    pub trace_id: u128,
    /// The id of the caller's span; 0 if the request had no `traceparent`.
    pub parent_id: u64,
}

/// Why a `traceparent` was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("traceparent `{given}`: {reason}")]
pub struct TraceparentError {
    given: String,
    reason: &'static str,
}

impl TraceContext {
    /// The `traceparent` header value, version 00, that carries these ids.
    #[must_use]
    pub fn traceparent(&self, sampled: bool) -> String {
        let mut text = Vec::with_capacity(55);
        self.push_traceparent(&mut text, sampled);
        text.into_iter().map(char::from).collect()
    }

    /// Appends the value of [`traceparent`](Self::traceparent).
    pub fn push_traceparent(&self, text: &mut Vec<u8>, sampled: bool) {
        text.extend_from_slice(b"00-");
        push_hex(text, self.trace_id.to_be_bytes());
        text.push(b'-');
        push_hex(text, self.parent_id.to_be_bytes());
        text.extend_from_slice(if sampled { b"-01" } else { b"-00" });
    }
}

impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}-{:016x}", self.trace_id, self.parent_id)
    }
}

/// Reads a `traceparent` by the [W3C recommendation](https://www.w3.org/TR/trace-context/#traceparent-header):
/// lower-case hex, ids not zero, versions above 00 by their first four fields.
impl FromStr for TraceContext {
    type Err = TraceparentError;

    fn from_str(given: &str) -> Result<Self, Self::Err> {
        parse(given).map_err(|reason| TraceparentError {
            given: given.chars().take(80).collect(),
            reason,
        })
    }
}

fn parse(given: &str) -> Result<TraceContext, &'static str> {
    let mut fields = given.splitn(5, '-');
    let mut field = |digits, reason| {
        fields
            .next()
            .filter(|field| field.len() == digits && field.bytes().all(is_lower_hex))
            .ok_or(reason)
    };
    let version = field(2, "the version must be 2 lower-case hex digits")?;
    let trace_id = field(32, "the trace id must be 32 lower-case hex digits")?;
    let parent_id = field(16, "the parent id must be 16 lower-case hex digits")?;
    field(2, "the flags must be 2 lower-case hex digits")?;
    match version {
        "ff" => return Err("version ff is forbidden"),
        "00" if fields.next().is_some() => return Err("version 00 has four fields"),
        _ => {}
    }
    let trace_id = u128::from_str_radix(trace_id, 16).map_err(|_| "the trace id is not hex")?;
    let parent_id = u64::from_str_radix(parent_id, 16).map_err(|_| "the parent id is not hex")?;
    if trace_id == 0 {
        return Err("the trace id must not be zero");
    }
    if parent_id == 0 {
        return Err("the parent id must not be zero");
    }
    Ok(TraceContext {
        trace_id,
        parent_id,
    })
}

fn is_lower_hex(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_traceparent_survives_the_round_trip() {
        let id: TraceContext = EXAMPLE.parse().unwrap();
        assert_eq!(id.traceparent(true), EXAMPLE);
    }

    #[test]
    fn a_later_version_is_read_by_its_first_four_fields() {
        let later = EXAMPLE.replacen("00-", "cc-", 1) + "-what-the-future-brings";
        assert_eq!(later.parse(), EXAMPLE.parse::<TraceContext>());
    }

    #[test]
    fn an_invalid_traceparent_is_refused_with_a_reason() {
        for (bad, reason) in [
            ("", "version"),
            ("00", "trace id"),
            (&EXAMPLE.to_uppercase(), "trace id"),
            (&EXAMPLE.replacen("00-", "ff-", 1), "ff"),
            (&format!("{EXAMPLE}-01"), "four fields"),
            (
                &EXAMPLE.replace("4bf92f3577b34da6a3ce929d0e0e4736", &"0".repeat(32)),
                "zero",
            ),
            (
                &EXAMPLE.replace("00f067aa0ba902b7", &"0".repeat(16)),
                "zero",
            ),
            (
                "00-ébf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
                "trace id",
            ),
        ] {
            let error = bad.parse::<TraceContext>().unwrap_err().to_string();
            assert!(error.contains(reason), "{bad}: {error}");
        }
    }
}
