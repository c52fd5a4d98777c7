//! Native histograms: the exponential buckets of a schema, and the quantile that Prometheus computes from them. Pure.

use std::{array, collections::BTreeMap, iter, sync::LazyLock};

/// Maximum number of buckets of one OpenTelemetry exponential histogram, the default of the
/// [specification](https://opentelemetry.io/docs/specs/otel/metrics/sdk/#base2-exponential-bucket-histogram-aggregation).
pub(super) const MAX_BUCKETS: i32 = 160;

/// The resolution of a native histogram, from -4 to 8: each power of two is divided into 2^schema buckets.
///
/// With `base = 2^(2^-schema)`, the bucket with index i has the values above `base^(i-1)` and up to `base^i`:
/// <https://prometheus.io/docs/specs/native_histograms/#schema>. The index is that of Prometheus, 1 more than that of
/// [OpenTelemetry](https://opentelemetry.io/docs/specs/otel/metrics/data-model/#exponential-scale).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Schema(i32);

/// A native histogram of values of at least 0: counts, rates or shares.
#[derive(Clone, Debug, PartialEq)]
pub struct NativeHistogram {
    /// The resolution.
    pub schema: Schema,
    /// How many values are 0: those in the zero bucket, with a zero threshold of 0.
    pub zero: f64,
    /// How many values each bucket has, by its index. Absent buckets are empty.
    pub buckets: BTreeMap<i32, f64>,
}

/// The buckets of the finest schema between two powers of two.
struct Steps {
    /// Their bounds, from 0.5 to 1.
    bounds: [f64; STEPS + 1],
    /// For each of as many equal parts from 0.5 to 1: the first bucket that has a value of it.
    first: [usize; STEPS],
}

const STEPS: usize = 256;
/// Bits of an `f64`: its fraction, and the number 0.5.
const MANTISSA: u64 = (1 << 52) - 1;
const HALF: u64 = 0x3fe0_0000_0000_0000;

static FINEST: LazyLock<Steps> = LazyLock::new(|| {
    let parts = STEPS as f64;
    let bounds: [_; _] = array::from_fn(|step| libm::exp2(step as f64 / parts - 1.0));
    let first = array::from_fn(|part| {
        let least = 0.5 + part as f64 / parts / 2.0;
        bounds.partition_point(|bound| *bound < least)
    });
    Steps { bounds, first }
});

/// The index of the bucket that has bucket `index`, `steps` schemas down.
pub(super) fn coarser(index: i32, steps: i32) -> i32 {
    ((index - 1) >> steps) + 1
}

// === impl Schema ===

impl Schema {
    /// The lowest of Prometheus; its 160 buckets hold every positive `f64`.
    pub const MIN: Self = Self(-4);
    /// The highest of Prometheus, and the scale at which the service's histograms start.
    pub const MAX: Self = Self(8);

    /// `None` below -4 and above 8.
    #[must_use]
    pub fn new(number: i32) -> Option<Self> {
        Some(Self(number)).filter(|schema| (Self::MIN..=Self::MAX).contains(schema))
    }

    /// The highest at which values from `low` to `high` fit into 160 buckets.
    ///
    /// The OpenTelemetry SDK starts at the highest, and halves the resolution until they fit; because each bucket is
    /// exactly two of the next schema, the order of the values does not matter. Values that have no index take no
    /// bucket.
    #[must_use]
    pub fn fitting(low: f64, high: f64) -> Self {
        let fits = |schema: &Self| match (schema.index(low), schema.index(high)) {
            (Some(low), Some(high)) => high - low < MAX_BUCKETS,
            _ => true,
        };
        let downwards = (Self::MIN.0..=Self::MAX.0).rev().map(Self);
        downwards.into_iter().find(fits).unwrap_or(Self::MIN)
    }

    /// The next one with half the resolution; the lowest has none.
    pub(super) fn down(self) -> Self {
        Self(self.0 - 1).max(Self::MIN)
    }

    /// From -4 to 8.
    #[must_use]
    pub fn number(self) -> i32 {
        self.0
    }

    /// The bucket of a value; one that equals a bound belongs to the bucket below it. `None` for 0, negative and
    /// non-finite values.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_possible_wrap,
        reason = "indices are below 2^20"
    )]
    pub fn index(self, value: f64) -> Option<i32> {
        if !(value > 0.0 && value.is_finite()) {
            return None;
        }
        if value < f64::MIN_POSITIVE {
            let scaled = Self::MAX.index(value * 2_f64.powi(64))?;
            return Some(self.of_finest(scaled - 64 * STEPS as i32));
        }
        let bits = value.to_bits();
        let exponent = (bits >> 52) as i32 - 1022; // value = fraction x 2^exponent, 0.5 <= fraction < 1
        let fraction = f64::from_bits(bits & MANTISSA | HALF);
        let Steps { bounds, first } = &*FINEST;
        let mut step = first[usize::from((bits >> 44) as u8)];
        while bounds[step] < fraction {
            step += 1; // at most twice: a part spans less than two buckets
        }
        let finest = (exponent - 1) * STEPS as i32 + step as i32;
        Some(self.of_finest(finest))
    }

    /// The bucket of this schema that has a bucket of the finest one: two are merged at each step down.
    fn of_finest(self, index: i32) -> i32 {
        coarser(index, Self::MAX.0 - self.0)
    }

    /// The bucket of a lower schema that has bucket `index` of this one.
    #[must_use]
    pub fn index_in(self, index: i32, lower: Self) -> i32 {
        coarser(index, self.0 - lower.0)
    }

    /// The upper bound of a bucket. Its lower bound is that of the previous index.
    #[must_use]
    #[expect(clippy::cast_sign_loss, reason = "a remainder is not negative")]
    pub fn bound(self, index: i32) -> f64 {
        let bound = if self.0 > 0 {
            let steps = 1 << self.0;
            let exponent = index.div_euclid(steps) + 1;
            let step = index.rem_euclid(steps) << (Self::MAX.0 - self.0);
            libm::ldexp(FINEST.bounds[step as usize], exponent)
        } else {
            libm::ldexp(1.0, index.saturating_mul(1 << -self.0))
        };
        bound.min(f64::MAX)
    }

    /// `base - 1`. The estimate of a quantile lies between the bounds of one bucket, `lower` and `base x lower`. If the
    /// exact value is in the same bucket, `estimate / exact - 1` is therefore below `base - 1` and at least
    /// `1 / base - 1`.
    #[must_use]
    pub fn max_error_ratio(self) -> f64 {
        self.bound(1) - 1.0
    }
}

// === impl NativeHistogram ===

impl NativeHistogram {
    /// One without values.
    #[must_use]
    pub fn empty(schema: Schema) -> Self {
        Self {
            schema,
            zero: 0.0,
            buckets: BTreeMap::new(),
        }
    }

    /// How many values it has.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.zero + self.buckets.values().sum::<f64>()
    }

    /// What Prometheus' `histogram_quantile(q, ...)` returns for this histogram, in the unit of its values.
    ///
    /// As [Prometheus 3](https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile) does in
    /// `promql/quantile.go`, the rank `q x total` is searched upwards for `q` below 0.5, otherwise from the top
    /// downwards; so a rank between two buckets is that of the lower bucket below 0.5, and of the upper one from 0.5 on.
    /// Within a bucket the logarithm of the value is interpolated linearly. The zero bucket gives 0. No observations,
    /// or `q` not a number, give NaN; `q` below 0 gives -Inf, above 1 +Inf.
    #[must_use]
    pub fn quantile(&self, q: f64) -> f64 {
        if let Some(limit) = outside(q) {
            return limit;
        }
        let positive = self.buckets.iter().map(|(&index, &count)| {
            let lower = self.schema.bound(index.saturating_sub(1));
            (lower, self.schema.bound(index), count)
        });
        let all = iter::once((0.0, 0.0, self.zero)).chain(positive);
        let occupied: Vec<_> = all.filter(|&(.., count)| count > 0.0).collect();
        let total: f64 = occupied.iter().map(|(.., count)| count).sum();
        let (upwards, mut seen) = (q < 0.5, 0.0);
        let rank = total * if upwards { q } else { 1.0 - q };
        let reaches = |&&(.., count): &&(f64, f64, f64)| {
            seen += count;
            seen >= rank
        };
        let found = if upwards {
            occupied.iter().find(reaches)
        } else {
            occupied.iter().rev().find(reaches)
        };
        let Some(&(lower, upper, count)) = found else {
            return f64::NAN;
        };
        let from_lower = if upwards {
            rank - (seen - count)
        } else {
            seen - rank
        };
        if upper <= 0.0 {
            return 0.0;
        }
        let (low, high) = (libm::log2(lower), libm::log2(upper));
        libm::exp2(low + (high - low) * (from_lower / count))
    }
}

/// The quantile for a `q` that is not from 0 to 1.
pub(super) fn outside(q: f64) -> Option<f64> {
    match q {
        0.0..=1.0 => None,
        ..0.0 => Some(f64::NEG_INFINITY),
        _ if q.is_nan() => Some(f64::NAN),
        _ => Some(f64::INFINITY),
    }
}
