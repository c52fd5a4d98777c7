//! A set of HTTP statuses as users write it: `2xx,404,500-504`.

use std::{fmt, ops::RangeInclusive, str::FromStr};

/// The statuses that count as success.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusSet(Vec<RangeInclusive<u16>>);

impl StatusSet {
    /// Whether a status belongs to the set.
    #[must_use]
    pub fn contains(&self, status: u16) -> bool {
        self.0.iter().any(|range| range.contains(&status))
    }
}

/// 2xx.
impl Default for StatusSet {
    fn default() -> Self {
        Self(vec![200..=299])
    }
}

impl FromStr for StatusSet {
    type Err = String;

    fn from_str(given: &str) -> Result<Self, String> {
        let parts = given.split(',').map(str::trim);
        let ranges = parts.map(|part| {
            range(part).ok_or_else(|| {
                format!("`{part}` is not a status from 100 to 599; expected a list such as 2xx,404,500-504")
            })
        });
        ranges.collect::<Result<_, _>>().map(Self)
    }
}

fn range(part: &str) -> Option<RangeInclusive<u16>> {
    let status = |text: &str| {
        let status = text.parse().ok()?;
        (text.len() == 3 && (100..600).contains(&status)).then_some(status)
    };
    let lower = part.to_ascii_lowercase();
    if let Some(class) = lower.strip_suffix("xx") {
        let first = status(&format!("{class}00"))?;
        return Some(first..=first + 99);
    }
    let (first, last) = part.split_once('-').unwrap_or((part, part));
    let (first, last) = (status(first.trim())?, status(last.trim())?);
    (first <= last).then_some(first..=last)
}

/// As it is read: `2xx,404`.
impl fmt::Display for StatusSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, range) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "," };
            let (first, last) = (range.start(), range.end());
            match last - first {
                0 => write!(f, "{separator}{first}")?,
                99 if first % 100 == 0 => write!(f, "{separator}{}xx", first / 100)?,
                _ => write!(f, "{separator}{first}-{last}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_codes_and_ranges_are_read_and_written() {
        let set: StatusSet = "2XX, 404,500-504".parse().unwrap();
        assert_eq!(set.to_string(), "2xx,404,500-504");
        let inside = [200, 299, 404, 500, 504];
        assert!(inside.into_iter().all(|status| set.contains(status)));
        let outside = [199, 300, 403, 505, 599];
        assert!(!outside.into_iter().any(|status| set.contains(status)));
        assert_eq!("2xx".parse(), Ok(StatusSet::default()));
    }

    #[test]
    fn what_is_no_status_is_refused_by_name() {
        for bad in [
            "", "ok", "2x", "0xx", "6xx", "-1", "99", "600", "504-500", "+20", "2xx,,404",
        ] {
            let error = bad.parse::<StatusSet>().unwrap_err();
            assert!(error.contains("such as 2xx,404,500-504"), "{bad}: {error}");
        }
    }
}
