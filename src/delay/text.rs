//! Durations as users write them (`250ms`, `0.2s`, `1.5m`, `2h`), and excerpts of a text for error messages.

use std::time::Duration;

use super::nanos::Nanos;

/// Why a text is not a valid duration. Its message names the text and the reason.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("duration `{given}`: {reason}")]
pub struct DurationError {
    given: String,
    reason: Reason,
}

/// The reason alone, for a message that names the text itself.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    #[error("expected a decimal number with a unit, such as 250ms")]
    NoNumber,
    #[error("a duration must be a finite number")]
    NotFinite,
    #[error("a duration must not be negative")]
    Negative,
    #[error("expected digits after the decimal point")]
    NoFraction,
    #[error("the unit is missing; use ns, us, ms, s, m or h")]
    NoUnit,
    #[error("unknown unit `{0}`; use ns, us, ms, s, m or h")]
    UnknownUnit(String),
    #[error("it must be above 0s")]
    Zero,
    #[error("a duration must not be above {} (100 days)", Nanos::LONGEST)]
    TooLong,
}

/// Reads a decimal number with one of the units `ns`, `us`, `ms`, `s`, `m` (minutes), `h`, rounded to whole nanoseconds.
///
/// ```
/// # use httpserver::delay::parse_duration;
/// assert_eq!(parse_duration("1.5m")?.as_secs(), 90);
/// # Ok::<(), httpserver::delay::DurationError>(())
/// ```
///
/// # Errors
/// When the text has no number, no unit or an unknown one, is negative, or is above 100 days.
pub fn parse_duration(text: &str) -> Result<Duration, DurationError> {
    parse(text.trim())
        .map(Duration::from)
        .map_err(|reason| DurationError::new(text, reason))
}

/// A duration above 0, for what cannot take no time at all.
///
/// # Errors
/// As [`parse_duration`], and when it is 0.
pub fn parse_positive_duration(text: &str) -> Result<Duration, DurationError> {
    match parse_duration(text)? {
        Duration::ZERO => Err(DurationError::new(text, Reason::Zero)),
        duration => Ok(duration),
    }
}

impl DurationError {
    fn new(given: &str, reason: Reason) -> Self {
        let given = excerpt(given, 40);
        Self { given, reason }
    }
}

/// Reads a duration whose surroundings the caller names in its own message.
pub fn parse(text: &str) -> Result<Nanos, Reason> {
    if text.starts_with('-') {
        return Err(Reason::Negative);
    }
    let (whole, rest) = digits(text);
    if whole.is_empty() {
        return Err(no_number(text));
    }
    let (fraction, unit) = match rest.strip_prefix('.').map(digits) {
        Some(("", _)) => return Err(Reason::NoFraction),
        Some(found) => found,
        None => ("", rest),
    };
    let unit = nanos_of(unit)?;
    let whole: u64 = whole.parse().map_err(|_| Reason::TooLong)?;
    let nanos = u128::from(whole) * unit + part_of(fraction, unit);
    let rounded = Nanos::saturating(nanos);
    if Duration::from(rounded).as_nanos() < nanos {
        return Err(Reason::TooLong);
    }
    Ok(rounded)
}

/// The leading digits, and the rest.
fn digits(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit());
    text.split_at(end.unwrap_or(text.len()))
}

fn no_number(text: &str) -> Reason {
    let lower = text.to_ascii_lowercase();
    let words = ["nan", "inf", "+inf"];
    if words.iter().any(|word| lower.starts_with(word)) {
        Reason::NotFinite
    } else {
        Reason::NoNumber
    }
}

/// The nanoseconds of one unit.
fn nanos_of(unit: &str) -> Result<u128, Reason> {
    Ok(match unit {
        "ns" => 1,
        "us" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        "" => return Err(Reason::NoUnit),
        _ => return Err(Reason::UnknownUnit(excerpt(unit, 10))),
    })
}

/// The decimals in whole nanoseconds; digits beyond the fifteenth cannot change the result.
fn part_of(decimals: &str, unit: u128) -> u128 {
    let scale = 10_u128.pow(15);
    let parts = decimals
        .bytes()
        .chain(std::iter::repeat(b'0'))
        .take(15)
        .fold(0, |parts, digit| parts * 10 + u128::from(digit - b'0'));
    (parts * unit + scale / 2) / scale
}

/// At most `limit` characters of a text, without control characters, for a one-line message.
pub fn excerpt(text: &str, limit: usize) -> String {
    let shown: String = text.chars().take(limit).collect();
    let more = if shown.len() < text.len() { "…" } else { "" };
    let shown = shown.replace(char::is_control, "\u{fffd}");
    format!("{shown}{more}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_unit_and_decimals_are_read_to_the_nanosecond() {
        for (text, nanos) in [
            ("0s", 0),
            ("7ns", 7),
            ("1.5us", 1_500),
            ("250ms", 250_000_000),
            ("0.2s", 200_000_000),
            ("1.5m", 90_000_000_000),
            ("2h", 7_200_000_000_000),
            ("2400h", 8_640_000_000_000_000),
            (" 2s ", 2_000_000_000),
            ("0.30000000000000004s", 300_000_000),
            ("0.6ns", 1),
            ("8640000s", 8_640_000_000_000_000),
        ] {
            assert_eq!(parse_duration(text).unwrap().as_nanos(), nanos, "{text}");
        }
    }

    #[test]
    fn an_invalid_duration_is_refused_with_its_reason() {
        for (text, reason) in [
            ("", "such as 250ms"),
            ("s", "such as 250ms"),
            (".5s", "such as 250ms"),
            ("NaN", "finite"),
            ("infs", "finite"),
            ("-1s", "negative"),
            ("1.s", "digits after"),
            ("250", "unit is missing"),
            ("1.5", "unit is missing"),
            ("1.2.3s", "unknown unit `.3s`"),
            ("1e3s", "unknown unit `e3s`"),
            ("3d", "unknown unit `d`"),
            ("3H", "unknown unit `H`"),
            ("2400.1h", "100 days"),
            ("3 s", "unknown unit ` s`"),
            ("8640001s", "100 days"),
            ("99999999999999999999999999m", "100 days"),
            ("18446744073709551615m", "100 days"),
        ] {
            let error = parse_duration(text).unwrap_err().to_string();
            assert!(error.contains(reason), "{text}: {error}");
            assert!(error.contains(&format!("`{text}`")), "{error}");
        }
    }

    #[test]
    fn a_duration_is_written_as_it_is_read() {
        for text in [
            "0s",
            "7ns",
            "1.5us",
            "250ms",
            "2.000000001s",
            "90s",
            "8640000s",
        ] {
            assert_eq!(parse(text).unwrap().to_string(), text);
        }
    }
}
