//! Each family against its closed form, and the mean against a sum over the quantiles.

use std::time::Duration;

use super::{SPECS, delay};
use crate::delay::Delay;

/// A cap that each wide family meets now and then.
const CAP: Duration = Duration::from_millis(1_700);

fn assert_close(found: f64, expected: f64, tolerance: f64, what: &str) {
    let error = (found - expected).abs();
    assert!(
        error <= tolerance,
        "{what}: {found} is not {expected} within {tolerance:e}"
    );
}

/// Quantiles to the nanosecond, and the distribution function half a nanosecond on, where rounding still counts it.
fn assert_is(spec: &str, quantile: impl Fn(f64) -> f64, cdf: impl Fn(f64) -> f64) {
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

#[test]
fn a_constant_is_an_atom() {
    assert_is(
        "constant(250ms)",
        |_| 0.25,
        |x| f64::from(u8::from(x >= 0.25)),
    );
}

#[test]
fn a_uniform_delay_is_a_straight_line() {
    assert_is(
        "uniform(0.5s,2s)",
        |u| 0.5 + 1.5 * u,
        |x| ((x - 0.5) / 1.5).clamp(0.0, 1.0),
    );
}

#[test]
fn an_exponential_delay_follows_the_logarithm() {
    assert_is(
        "exponential(300ms)",
        |u| -0.3 * (-u).ln_1p(),
        |x| -(-x / 0.3).exp_m1(),
    );
}

#[test]
fn a_pareto_delay_follows_the_power_law() {
    let cdf = |x: f64| {
        if x < 0.1 {
            0.0
        } else {
            1.0 - (0.1 / x).powf(1.5)
        }
    };
    assert_is(
        "pareto(100ms,1.5)",
        |u| 0.1 * (1.0 - u).powf(-1.0 / 1.5),
        cdf,
    );
}

#[test]
fn percentiles_are_met_exactly_and_joined_by_straight_lines() {
    let delay = delay("quantiles(50=100ms,90=400ms,99.9=2s,100=3s)");
    for (u, millis) in [
        (0.0, 0),
        (0.25, 50),
        (0.5, 100),
        (0.7, 250),
        (0.9, 400),
        (0.999, 2_000),
        (0.9995, 2_500),
        (1.0, 3_000),
    ] {
        assert_eq!(delay.quantile(u), Duration::from_millis(millis), "{u}");
    }
}

/// Standard normal quantiles, computed with 40 digits.
const NORMAL: [(f64, f64); 13] = [
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

#[test]
fn a_normal_delay_follows_the_normal_quantile() {
    let delay = delay("normal(10s,1s)");
    for (u, z) in NORMAL {
        let found = delay.quantile(u).as_secs_f64();
        assert_close(found, 10.0 + z, 0.51e-9, &format!("at {u}"));
        // the density is at most 0.4, and the quantile is rounded by up to half a nanosecond
        assert_close(delay.cdf(delay.quantile(u)), u, 0.41e-9, "there and back");
    }
}

#[test]
fn negative_normal_draws_are_0() {
    let delay = delay("normal(0s,1s)");
    assert_eq!(delay.quantile(0.3), Duration::ZERO);
    assert_close(delay.cdf(Duration::ZERO), 0.5, 1e-9, "the atom at 0");
}

#[test]
fn a_lognormal_delay_meets_its_median_and_its_99th_percentile() {
    let delay = delay("lognormal(p50=200ms,p99=1.5s)");
    assert_eq!(delay.quantile(0.5), Duration::from_millis(200));
    assert_eq!(delay.quantile(0.99), Duration::from_millis(1_500));
    let sigma = 7.5_f64.ln() / 2.326_347_874_040_841;
    for (u, z) in NORMAL {
        let found = delay.quantile(u).as_secs_f64();
        assert_close(found, 0.2 * (sigma * z).exp(), 0.6e-9, &format!("at {u}"));
    }
}

#[test]
fn a_mixture_has_the_weighted_distribution_of_its_parts() {
    let mixture =
        delay("mix(0.3:exponential(300ms),0.2:normal(1s,200ms),0.5:lognormal(p50=200ms,p99=1.5s))");
    let parts = [
        "exponential(300ms)",
        "normal(1s,200ms)",
        "lognormal(p50=200ms,p99=1.5s)",
    ]
    .map(delay);
    for millis in [1, 100, 250, 900, 2_000, 5_000] {
        let x = Duration::from_millis(millis);
        let weighted: f64 = [0.3, 0.2, 0.5]
            .iter()
            .zip(&parts)
            .map(|(weight, part)| weight * part.cdf(x))
            .sum();
        assert_close(mixture.cdf(x), weighted, 1e-11, &format!("{x:?}"));
    }
}

#[test]
fn a_mixture_steps_exactly_at_its_atoms() {
    let mixture = delay("mix(0.95:uniform(0s,1s),0.05:constant(3s))");
    assert_close(
        mixture.cdf(Duration::from_nanos(2_999_999_999)),
        0.95,
        1e-15,
        "below",
    );
    assert_close(mixture.cdf(Duration::from_secs(3)), 1.0, 0.0, "at the atom");
    assert_eq!(mixture.quantile(0.950_000_1), Duration::from_secs(3));
}

#[test]
fn a_mixture_of_one_is_that_one_to_a_nanosecond() {
    for spec in SPECS {
        let (alone, mixed) = (delay(spec), delay(&format!("mix(1:{spec})")));
        for u in [0.001, 0.2, 0.5, 0.77, 0.99, 0.9999] {
            let (a, b) = (alone.quantile(u), mixed.quantile(u));
            let tolerance = 1 + a.as_nanos() / 1_000_000_000_000;
            assert!(
                a.abs_diff(b).as_nanos() <= tolerance,
                "{spec} at {u}: {a:?}, {b:?}"
            );
        }
    }
}

/// The mean of the quantiles in the middles of equal shares.
fn mean_of_quantiles(delay: &Delay) -> f64 {
    let shares = 10_000_u32;
    let at = |n: u32| {
        delay
            .quantile((f64::from(n) + 0.5) / f64::from(shares))
            .as_secs_f64()
    };
    (0..shares).map(at).sum::<f64>() / f64::from(shares)
}

#[test]
fn the_mean_is_that_of_the_quantiles_with_the_cap_and_the_cut_at_0() {
    for spec in SPECS {
        for cap in [CAP, Duration::from_millis(90), Duration::from_millis(1)] {
            let delay = delay(spec).capped(cap);
            let (found, expected) = (delay.mean().as_secs_f64(), mean_of_quantiles(&delay));
            assert_close(found, expected, 1e-9 + 1e-4 * expected, &delay.to_string());
        }
    }
}

#[test]
fn known_means_are_exact() {
    for (spec, seconds) in [
        ("constant(250ms)", 0.25),
        ("uniform(0s,2s)", 1.0),
        ("uniform(0.5s,2s)", 1.25),
        ("exponential(300ms)", 0.3),
        ("normal(10s,1s)", 10.0),
        // sd / sqrt(2 pi)
        ("normal(0s,1s)", 0.398_942_280),
        ("pareto(100ms,3.5)", 0.14),
        ("capped(pareto(10ms,1),1s)", 0.056_051_702),
        ("capped(uniform(0s,2s),1s)", 0.75),
        ("capped(exponential(1s),1s)", 0.632_120_559),
        ("mix(0.95:uniform(0s,1s),0.05:constant(3s))", 0.625),
        (
            "capped(mix(0.95:uniform(0s,1s),0.05:constant(3s)),2s)",
            0.575,
        ),
    ] {
        assert_close(delay(spec).mean().as_secs_f64(), seconds, 1e-9, spec);
    }
}
