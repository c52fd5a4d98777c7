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
    pub fn split(start: i32, counts: impl IntoIterator<Item = u64>) -> Vec<Self> {
        let mut spans: Vec<Self> = Vec::new();
        let mut empty = GAP + 1;
        for (index, count) in (start..).zip(counts) {
            if count == 0 {
                empty += 1;
                continue;
            }
            match spans.last_mut() {
                Some(span) if empty <= GAP => {
                    span.counts.extend(std::iter::repeat_n(0, empty));
                    span.counts.push(count);
                }
                _ => spans.push(Self {
                    start: index,
                    counts: vec![count],
                }),
            }
            empty = 0;
        }
        spans
    }

    /// The index after its last one.
    pub(super) fn end(&self) -> i32 {
        let length = i32::try_from(self.counts.len()).unwrap_or(i32::MAX);
        self.start.saturating_add(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_every_observation_at_its_index_and_no_long_gap() {
        let counts = [0, 3, 0, 0, 1, 0, 0, 0, 2, 0];
        let spans = Span::split(-4, counts);
        let found: Vec<_> = spans
            .iter()
            .map(|span| (span.start, &*span.counts))
            .collect();
        assert_eq!(found, [(-3, &[3, 0, 0, 1][..]), (4, &[2][..])]);
        assert_eq!(spans[0].end(), 1);
        assert_eq!(Span::split(7, []), []);
        assert_eq!(Span::split(7, [0, 0]), []);
    }
}
