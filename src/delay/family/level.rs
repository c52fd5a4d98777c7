//! A probability on a grid, on which approximated functions never decrease.
//!
//! Approximations of the logarithm and of the normal quantile have errors of some units in the last place, and can step
//! back between neighbouring floats where one polynomial takes over from the next. So the tail probability is first
//! rounded to 40 binary digits. One step on that grid moves the normal quantile by at least 9e-14 (at 2^-64, its far
//! end), over ten times the error of `erfc_inv` there, while it moves no delay under an hour by a nanosecond. `libm`
//! instead of the platform's functions gives the same nanosecond on every machine.

use std::f64::consts::SQRT_2;

use libm::erfc;
use statrs::function::erf::erfc_inv;

/// 2^-64, the smallest distance that is resolved. No draw is nearer to 0 or 1 than 2^-53.
const SMALLEST: f64 = 5.421_010_862_427_522e-20;
/// How many of the 52 bits of a fraction are dropped.
const DROPPED: u64 = 12;

/// A share of requests: its distance from the nearer end.
#[derive(Clone, Copy)]
pub enum Level {
    FromBelow(f64),
    FromAbove(f64),
}

impl Level {
    pub fn of(u: f64) -> Self {
        if u <= 0.5 {
            Self::FromBelow(on_grid(u))
        } else {
            Self::FromAbove(on_grid(1.0 - u))
        }
    }

    /// The quantile of the normal distribution with mean 0 and standard deviation 1.
    pub fn normal(self) -> f64 {
        match self {
            Self::FromBelow(p) => -SQRT_2 * erfc_inv(2.0 * p),
            Self::FromAbove(p) => SQRT_2 * erfc_inv(2.0 * p),
        }
    }

    /// The quantile of the exponential distribution with mean 1.
    pub fn exponential(self) -> f64 {
        match self {
            Self::FromBelow(p) => -libm::log1p(-p),
            Self::FromAbove(p) => -libm::log(p),
        }
    }
}

/// The probability of a standard normal value above `z`.
pub fn normal_survival(z: f64) -> f64 {
    0.5 * erfc(z / SQRT_2)
}

fn on_grid(p: f64) -> f64 {
    if p <= 0.0 {
        return 0.0;
    }
    let half = 1 << (DROPPED - 1);
    let bits = p.max(SMALLEST).to_bits() + half;
    f64::from_bits(bits >> DROPPED << DROPPED)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tail probabilities at which `erfc_inv` changes its polynomial (and 0.5, where we change sides).
    fn seams() -> Vec<f64> {
        let by_root = [3.0_f64, 6.0, 18.0].map(|x| libm::exp(-x * x) / 2.0);
        [&[0.25, 0.125, 0.5][..], &by_root].concat()
    }

    #[test]
    fn on_the_grid_both_quantiles_only_rise_around_each_seam() {
        for seam in seams() {
            let start = on_grid(seam).to_bits() >> DROPPED;
            let at = |step: u64| f64::from_bits((start - 10_000 + step) << DROPPED);
            for (p, next) in (0..20_000).map(|step| (at(step), at(step + 1))) {
                if p < SMALLEST {
                    break;
                }
                let rises = |f: fn(Level) -> f64| {
                    f(Level::FromBelow(next)) > f(Level::FromBelow(p))
                        && f(Level::FromAbove(next)) < f(Level::FromAbove(p))
                };
                assert!(rises(Level::normal), "normal at {p:e}");
                assert!(rises(Level::exponential), "exponential at {p:e}");
            }
        }
    }

    #[test]
    fn the_grid_hardly_moves_common_quantiles() {
        for p in [0.5, 0.25, 0.1, 0.05, 0.01, 0.001] {
            assert!((on_grid(p) / p - 1.0).abs() < 1e-12, "{p}");
        }
    }
}
