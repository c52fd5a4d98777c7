//! The exponential buckets of a native histogram: <https://prometheus.io/docs/specs/native_histograms/>

/// Exponential buckets. Bucket `i` of schema `s` holds values in `(b^(i-1), b^i]`, where `b = 2^(2^-s)`; a negative bucket
/// holds the negatives of those.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Native {
    /// From -4 (a factor of 65536 between bounds) to 8 (a factor of 1.0027).
    pub schema: i32,
    /// How many observations were zero.
    pub zero_count: u64,
    /// Buckets of positive values.
    pub positive: Vec<Span>,
    /// Buckets of negative values.
    pub negative: Vec<Span>,
}

/// Buckets that follow one another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// Index of the first one.
    pub start: i32,
    /// How many observations each has.
    pub counts: Vec<u64>,
}

/// Shorter gaps of empty buckets are written as buckets, since a new span needs as much room.
const GAP: usize = 2;

impl Native {
    /// All observations in it.
    #[must_use]
    pub fn count(&self) -> u64 {
        let spans = self.positive.iter().chain(&self.negative);
        self.zero_count + spans.flat_map(|span| &span.counts).sum::<u64>()
    }
}

impl Span {
    /// Splits consecutive counts, the first of which has index `start`, at gaps of empty buckets.
    #[must_use]
    pub fn split(mut start: i32, mut counts: &[u64]) -> Vec<Self> {
        let mut spans = Vec::new();
        while let Some(first) = counts.iter().position(|count| *count > 0) {
            counts = &counts[first..];
            let gap = counts
                .windows(GAP + 1)
                .position(|some| *some == [0; GAP + 1]);
            let last = counts.iter().rposition(|count| *count > 0).unwrap_or(0);
            let (span, rest) = counts.split_at(gap.unwrap_or(last + 1));
            start = start.saturating_add(length(first));
            spans.push(Self {
                start,
                counts: span.to_vec(),
            });
            start = start.saturating_add(length(span.len()));
            counts = rest;
        }
        spans
    }

    /// The index after its last one.
    pub(super) fn end(&self) -> i32 {
        self.start.saturating_add(length(self.counts.len()))
    }
}

fn length(buckets: usize) -> i32 {
    i32::try_from(buckets).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_every_observation_at_its_index_and_no_long_gap() {
        let counts = [0, 3, 0, 0, 1, 0, 0, 0, 2, 0];
        let spans = Span::split(-4, &counts);
        let found: Vec<_> = spans
            .iter()
            .map(|span| (span.start, &*span.counts))
            .collect();
        assert_eq!(found, [(-3, &[3, 0, 0, 1][..]), (4, &[2][..])]);
        assert_eq!(spans[0].end(), 1);
        assert_eq!(Span::split(7, &[]), []);
        assert_eq!(Span::split(7, &[0, 0]), []);
    }
}
