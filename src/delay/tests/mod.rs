//! Tests of all families: the grammar, the means, the properties; and what the families' own tests share.

mod families;
mod grammar;
mod properties;

use std::time::Duration;

use super::{Delay, family, spec::Syntax};

/// Standard normal quantiles, computed with 40 digits.
pub const STANDARD_NORMAL: [(f64, f64); 13] = [
    (1e-9, -5.997_807_015_007_686_9),
    (0.001, -3.090_232_306_167_813_5),
    (0.024_25, -1.972_961_051_311_885),
    (0.124, -1.155_220_846_611_951_7),
    (0.126, -1.145_505_061_392_696_7),
    (0.249, -0.677_639_964_877_995_7),
    (0.251, -0.671_346_214_877_805_2),
    (0.3, -0.524_400_512_708_040_8),
    (0.6, 0.253_347_103_135_799_8),
    (0.9, 1.281_551_565_544_600_5),
    (0.99, 2.326_347_874_040_841),
    (0.999, 3.090_232_306_167_813_5),
    (0.999_999, 4.753_424_308_822_899),
];

/// At least one spec of each family.
pub fn examples() -> Vec<&'static str> {
    let of_each = family::ALL.iter().map(|syntax: &Syntax| syntax.examples);
    of_each.flatten().copied().collect()
}

pub fn delay(spec: &str) -> Delay {
    spec.parse().unwrap_or_else(|error| panic!("{error}"))
}

pub fn assert_close(found: f64, expected: f64, tolerance: f64, what: &str) {
    let error = (found - expected).abs();
    assert!(
        error <= tolerance,
        "{what}: {found} is not {expected} within {tolerance:e}"
    );
}

/// Compares with closed forms: quantiles to the nanosecond, and the distribution function half a nanosecond above each
/// value, up to which values are rounded down to it.
pub fn assert_follows(spec: &str, quantile: impl Fn(f64) -> f64, cdf: impl Fn(f64) -> f64) {
    let delay = delay(spec);
    for u in [
        1e-6, 0.001, 0.1, 0.25, 0.5, 0.6, 0.75, 0.9, 0.99, 0.999, 0.999_999,
    ] {
        let found = delay.quantile(u).as_secs_f64();
        let tolerance = 0.51e-9 + 1e-12 * found;
        assert_close(found, quantile(u), tolerance, &format!("{spec} at {u}"));
    }
    for millis in [1, 50, 200, 250, 700, 1_500, 9_000] {
        let x = Duration::from_millis(millis);
        let expected = cdf(x.as_secs_f64() + 0.5e-9);
        assert_close(delay.cdf(x), expected, 1e-11, &format!("{spec} at {x:?}"));
    }
}
