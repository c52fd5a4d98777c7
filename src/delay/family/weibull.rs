//! `weibull(SCALE,SHAPE)`: P(delay > x) = exp(-(x / SCALE)^SHAPE).

use std::fmt;

use statrs::function::gamma::{gamma, gamma_lr};

use super::level::Level;
use crate::delay::{
    Delay,
    distribution::Family,
    nanos::Nanos,
    spec::{Parsed, Parser, Syntax},
};

pub const SYNTAX: Syntax = Syntax {
    usage: "weibull(SCALE,SHAPE)",
    about: "P(delay > x) = exp(-(x/SCALE)^SHAPE), 0.1 <= SHAPE <= 10: a heavier tail than exponential below 1, a lighter one above",
    parse,
    #[cfg(test)]
    examples: &[
        "weibull(200ms,0.5)",
        "weibull(200ms,1)",
        "weibull(1s,2.5)",
        "weibull(10ms,0.3)",
        "weibull(40ms,10)",
    ],
    #[cfg(test)]
    random: |scale, _, share| format!("weibull({scale}ns,{:.3})", 0.1 * 100_f64.powf(share)),
};

#[derive(Debug)]
struct Weibull {
    scale: Nanos,
    shape: f64,
}

/// Within these limits one step of the [`Level`] grid changes the quantile by more than the error of `pow` (1.4 units in
/// the last place for two values: the step is at least 2^-46 / SHAPE, relative to the value), and the gamma functions of
/// the mean stay finite.
fn parse(parser: &mut Parser) -> Parsed {
    let scale = parser.positive("SCALE")?;
    parser.sign(',')?;
    let start = parser.place();
    let shape = parser.number("SHAPE")?;
    if !(0.1..=10.0).contains(&shape) {
        return Err(start.refuse("SHAPE must be from 0.1 to 10"));
    }
    Ok(Delay::new(Weibull { scale, shape }))
}

impl Family for Weibull {
    fn quantile(&self, u: f64) -> f64 {
        self.scale.as_f64() * libm::pow(Level::of(u).exponential(), 1.0 / self.shape)
    }

    fn survival(&self, x: f64) -> f64 {
        libm::exp(-libm::pow(x / self.scale.as_f64(), self.shape))
    }

    /// The area under the survival function up to the cap; with t = (x / scale)^shape it is a lower incomplete gamma
    /// function of 1 / shape.
    fn mean(&self, cap: f64) -> f64 {
        let (scale, a) = (self.scale.as_f64(), 1.0 / self.shape);
        if cap <= 0.0 {
            return 0.0;
        }
        let t = libm::pow(cap / scale, self.shape);
        (scale * gamma(1.0 + a) * gamma_lr(a, t)).min(cap)
    }
}

impl fmt::Display for Weibull {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "weibull({},{})", self.scale, self.shape)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::delay::tests::{assert_close, assert_follows, delay};

    #[test]
    fn a_weibull_delay_follows_its_closed_form() {
        for (spec, scale, shape) in [
            ("weibull(200ms,0.5)", 0.2, 0.5),
            ("weibull(1s,2.5)", 1.0, 2.5),
        ] {
            assert_follows(
                spec,
                |u: f64| scale * (-(-u).ln_1p()).powf(1.0 / shape),
                |x: f64| -(-(x / scale).powf(shape)).exp_m1(),
            );
        }
    }

    #[test]
    fn known_means_are_exact() {
        for (spec, seconds) in [
            ("weibull(300ms,1)", 0.3),
            ("weibull(100ms,0.5)", 0.2),
            // scale x sqrt(pi) / 2
            ("weibull(2s,2)", 1.772_453_851),
            ("capped(weibull(1s,1),1s)", 0.632_120_559),
            // the integral of exp(-x^2) from 0 to 1
            ("capped(weibull(1s,2),1s)", 0.746_824_133),
            // 2 - 4 / e
            ("capped(weibull(1s,0.5),1s)", 0.528_482_235),
        ] {
            assert_close(delay(spec).mean().as_secs_f64(), seconds, 1e-9, spec);
        }
    }

    #[test]
    fn the_mean_is_finite_and_within_the_cap_at_every_limit() {
        for spec in [
            "weibull(1ns,0.1)",
            "weibull(1ns,10)",
            "weibull(8640000s,0.1)",
            "weibull(8640000s,10)",
        ] {
            for cap in [0, 1, 1_000, u64::MAX] {
                let capped = delay(spec).capped(Duration::from_nanos(cap));
                assert!(capped.mean() <= capped.max(), "{capped}");
            }
        }
        assert_eq!(delay("weibull(1ns,10)").mean(), Duration::from_nanos(1));
    }

    #[test]
    fn quantiles_rise_from_step_to_step_of_the_grid() {
        let step = 1.0 + 0.5_f64.powi(40);
        for shape in [0.1, 1.0, 10.0] {
            let weibull = Weibull {
                scale: Nanos::LONGEST,
                shape,
            };
            for start in [1e-15, 0.01, 0.49, 0.75, 0.999, 1.0 - 1e-12] {
                let tail = (1.0 - start) / step.powi(10_000);
                let mut last = 0.0;
                for n in 0..10_000 {
                    let u = if start < 0.5 {
                        start * step.powi(n)
                    } else {
                        1.0 - tail * step.powi(10_000 - n)
                    };
                    let quantile = weibull.quantile(u);
                    assert!(quantile >= last, "shape {shape} at {u:e}");
                    last = quantile;
                }
            }
        }
    }

    #[test]
    fn a_shape_outside_its_limits_is_refused() {
        for shape in ["0", "0.09", "10.1"] {
            let error = format!("weibull(1s,{shape})").parse::<Delay>().unwrap_err();
            assert_eq!(
                (error.column(), error.reason()),
                (12, "SHAPE must be from 0.1 to 10")
            );
        }
        let error = "weibull(0s,1)".parse::<Delay>().unwrap_err();
        assert_eq!(error.reason(), "SCALE must be above 0");
    }
}
