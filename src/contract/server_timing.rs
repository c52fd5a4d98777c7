//! The `Server-Timing` header of this service, written and read in whole nanoseconds.

use std::{str::FromStr, time::Duration};

use crate::digits::{push_decimal, push_padded};

const NANOS_PER_MILLI: u64 = 1_000_000;

/// The header's value, by the [W3C draft](https://www.w3.org/TR/server-timing/):
/// `delay;dur=1234.567890, total;dur=1234.612345, replica;desc="ID"`.
///
/// Durations are milliseconds with six decimals: whole nanoseconds. Reading accepts any order, and ignores unknown
/// metrics, unknown parameters and invalid values.
///
/// The replica is a quoted string, with `\` before `"` and `\`. What a header cannot carry (control characters, and what is
/// not ASCII) is percent-encoded, as is a `%` before two hex digits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerTiming {
    /// The drawn delay.
    pub delay: Option<Duration>,
    /// The measured total, as recorded in the histogram.
    pub total: Option<Duration>,
    /// The instance id of the replica that answered.
    pub replica: Option<String>,
}

/// A replica's part of the header, the same in all its answers: written once.
#[derive(Clone, Debug)]
pub struct Replica(Vec<u8>);

impl Replica {
    /// The replica with this instance id.
    #[must_use]
    pub fn new(id: &str) -> Self {
        let mut text = b"replica;desc=\"".to_vec();
        push_quoted(&mut text, id);
        text.push(b'"');
        Self(text)
    }

    /// Appends the header's value for one answer: ASCII that a header can carry.
    pub fn push_timing(&self, text: &mut Vec<u8>, delay: Option<Duration>, total: Duration) {
        for (name, duration) in [(&b"delay;dur="[..], delay), (b"total;dur=", Some(total))] {
            if let Some(duration) = duration {
                text.extend_from_slice(name);
                push_milliseconds(text, duration);
                text.extend_from_slice(b", ");
            }
        }
        text.extend_from_slice(&self.0);
    }
}

impl FromStr for ServerTiming {
    type Err = std::convert::Infallible;

    fn from_str(header: &str) -> Result<Self, Self::Err> {
        let mut read = Self::default();
        for metric in outside_quotes(header, ',') {
            let mut parts = outside_quotes(metric, ';').map(str::trim);
            let name = parts.next().unwrap_or_default();
            for (key, value) in parts.filter_map(|part| part.split_once('=')) {
                let value = unquoted(value.trim());
                match (name, key.trim()) {
                    ("delay", "dur") => read.delay = milliseconds(&value),
                    ("total", "dur") => read.total = milliseconds(&value),
                    ("replica", "desc") => read.replica = Some(percent_decoded(&value)),
                    _ => {}
                }
            }
        }
        Ok(read)
    }
}

fn push_milliseconds(text: &mut Vec<u8>, duration: Duration) {
    // 64 bits print faster than the 128 of `as_millis`, and are enough for 500 million years.
    let millis = duration
        .as_secs()
        .saturating_mul(1000)
        .saturating_add(duration.subsec_millis().into());
    push_decimal(text, millis);
    text.push(b'.');
    push_padded::<6>(text, duration.subsec_nanos() % 1_000_000);
}

fn push_quoted(text: &mut Vec<u8>, id: &str) {
    for (at, byte) in id.bytes().enumerate() {
        match byte {
            b'"' | b'\\' => text.extend([b'\\', byte]),
            b'%' if hex_byte(id.as_bytes(), at + 1).is_some() => text.extend(b"%25"),
            b' '..=b'~' => text.push(byte),
            _ => text.extend(format!("%{byte:02X}").as_bytes()),
        }
    }
}

/// The text inside quotes, without its backslashes; text without quotes as it is.
fn unquoted(text: &str) -> String {
    let Some(quoted) = text.strip_prefix('"') else {
        return text.to_owned();
    };
    let mut inside = String::with_capacity(quoted.len());
    let mut characters = quoted.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => break,
            '\\' => inside.extend(characters.next()),
            other => inside.push(other),
        }
    }
    inside
}

fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let encoded = (byte == b'%').then(|| hex_byte(bytes, at + 1)).flatten();
        decoded.push(encoded.unwrap_or(byte));
        at += if encoded.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// The byte that two hex digits denote.
fn hex_byte(bytes: &[u8], from: usize) -> Option<u8> {
    let digit = |at: usize| char::from(*bytes.get(at)?).to_digit(16);
    u8::try_from(digit(from)? * 16 + digit(from + 1)?).ok()
}

/// Splits at separators outside quoted strings.
fn outside_quotes(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut quoted, mut escaped) = (false, false);
    text.split(move |found| {
        let is_escaped = escaped;
        escaped = quoted && !is_escaped && found == '\\';
        quoted ^= found == '"' && !is_escaped;
        !quoted && found == separator
    })
}

/// Milliseconds with at most six decimals, as whole nanoseconds.
fn milliseconds(text: &str) -> Option<Duration> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || fraction.len() > 6 || !digits(whole) || !digits(fraction) {
        return None;
    }
    let nanos = whole.parse::<u64>().ok()?.checked_mul(NANOS_PER_MILLI)?;
    let rest = format!("{fraction:0<6}").parse::<u64>().ok()?;
    nanos.checked_add(rest).map(Duration::from_nanos)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(header: &str) -> ServerTiming {
        let Ok(read) = header.parse();
        read
    }

    fn written(id: &str, delay: Option<Duration>, total: Duration) -> String {
        let mut text = Vec::new();
        Replica::new(id).push_timing(&mut text, delay, total);
        String::from_utf8(text).unwrap()
    }

    proptest! {
        #[test]
        fn every_nanosecond_survives_the_round_trip(delay: Option<u64>, total: u64, replica in ".{0,36}|[\"%,;=a2\\\\ \né]{0,12}") {
            let said = ServerTiming {
                delay: delay.map(Duration::from_nanos),
                total: Some(Duration::from_nanos(total)),
                replica: Some(replica.clone()),
            };
            let header = written(&replica, said.delay, Duration::from_nanos(total));
            prop_assert!(header.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{header}");
            prop_assert_eq!(read(&header), said);
        }

        #[test]
        fn no_header_makes_the_reader_panic(header: String) {
            read(&header);
        }
    }

    #[test]
    fn a_replica_with_quotes_is_an_escaped_quoted_string() {
        let id = r#"pod "a" \ hé"#;
        let header = written(id, None, Duration::from_micros(1_234_567));
        let expected = r#"total;dur=1234.567000, replica;desc="pod \"a\" \\ h%C3%A9""#;
        assert_eq!(header, expected);
        assert_eq!(read(&header).replica.as_deref(), Some(id));
    }

    #[test]
    fn order_spaces_and_unknown_metrics_do_not_matter() {
        let header =
            " cache;desc=\"a, b;dur=3\" , replica ; desc=\"x\",total;x=1; dur = 2.5,delay;dur=1";
        let expected = ServerTiming {
            delay: Some(Duration::from_millis(1)),
            total: Some(Duration::from_micros(2500)),
            replica: Some("x".to_owned()),
        };
        assert_eq!(read(header), expected);
    }

    #[test]
    fn an_invalid_duration_is_ignored() {
        for bad in [
            "-1",
            "1e3",
            "NaN",
            "",
            ".",
            "1.0000001",
            "99999999999999999999",
            "18446744073709.551616",
        ] {
            assert_eq!(read(&format!("total;dur={bad}")).total, None, "{bad}");
        }
    }
}
