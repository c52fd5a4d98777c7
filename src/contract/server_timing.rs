//! The `Server-Timing` header of this service, written and read in whole nanoseconds.

use std::{fmt, str::FromStr, time::Duration};

const NANOS_PER_MILLI: u64 = 1_000_000;

/// The header's value, by the [W3C draft](https://www.w3.org/TR/server-timing/):
/// `delay;dur=1234.567890, total;dur=1234.612345, replica;desc="ID"`.
///
/// Durations are milliseconds with six decimals: whole nanoseconds. Reading accepts any order, and ignores unknown
/// metrics, unknown parameters and invalid values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerTiming {
    /// The drawn delay.
    pub delay: Option<Duration>,
    /// The measured total, as recorded in the histogram.
    pub total: Option<Duration>,
    /// The instance id of the replica that answered.
    pub replica: Option<String>,
}

impl fmt::Display for ServerTiming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for (name, duration) in [("delay", self.delay), ("total", self.total)] {
            if let Some(duration) = duration {
                // 64 bits print faster than the 128 of `as_millis`, and are enough for 500 million years.
                let millis = duration
                    .as_secs()
                    .saturating_mul(1000)
                    .saturating_add(duration.subsec_millis().into());
                let nanos = duration.subsec_nanos() % 1_000_000;
                write!(f, "{separator}{name};dur={millis}.{nanos:06}")?;
                separator = ", ";
            }
        }
        match &self.replica {
            Some(replica) => write!(f, "{separator}replica;desc=\"{replica}\""),
            None => Ok(()),
        }
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
                let value = value.trim().trim_matches('"');
                match (name, key.trim()) {
                    ("delay", "dur") => read.delay = milliseconds(value),
                    ("total", "dur") => read.total = milliseconds(value),
                    ("replica", "desc") => read.replica = Some(value.to_owned()),
                    _ => {}
                }
            }
        }
        Ok(read)
    }
}

/// Splits at separators outside quoted strings.
fn outside_quotes(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    text.split(move |found| {
        quoted ^= found == '"';
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

    proptest! {
        #[test]
        fn every_nanosecond_survives_the_round_trip(delay: u64, total: u64, replica in "[0-9a-f-]{0,36}") {
            let said = ServerTiming {
                delay: Some(Duration::from_nanos(delay)),
                total: Some(Duration::from_nanos(total)),
                replica: Some(replica),
            };
            prop_assert_eq!(read(&said.to_string()), said);
        }

        #[test]
        fn no_header_makes_the_reader_panic(header: String) {
            read(&header);
        }
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
