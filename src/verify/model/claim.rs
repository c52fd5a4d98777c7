//! What the service is held to: a delay and a seed.

use std::{fmt, time::Duration};

use serde::Serialize;

use crate::{
    contract::{Names, TraceContext},
    delay::{Delay, Domain, draw},
};

/// The largest `u` that is drawn.
const MAX_DRAW: f64 = 1.0 - f64::EPSILON / 2.0;

/// The claim about the service.
#[derive(Clone, Debug)]
pub struct Claim {
    pub delay: Delay,
    /// Without a seed, draws cannot be recomputed.
    pub seed: Option<u64>,
    pub names: Names,
    /// Where the claim comes from.
    pub by: String,
}

/// A claim as it is reported.
#[derive(Clone, Debug, Serialize)]
pub struct ClaimSummary {
    delay: String,
    seed: Option<u64>,
    by: String,
}

impl Claim {
    /// The delay of a request with these ids; `None` without a seed.
    pub fn delay_of(&self, trace_context: TraceContext) -> Option<Duration> {
        let seed = self.seed?;
        Some(
            self.delay
                .quantile(draw(seed, Domain::Delay, trace_context)),
        )
    }

    /// Whether a declared delay is the claimed one in effect: no draw differs.
    pub fn is_delay(&self, declared: &Delay) -> bool {
        // `capped(exponential(20ms),60s)` and the bare one draw the same: the cap is above the largest draw.
        let (own, other) = (self.delay.quantile(MAX_DRAW), declared.quantile(MAX_DRAW));
        let largest = own.max(other);
        self.delay == *declared
            || own == other
                && self.delay.clone().capped(largest) == declared.clone().capped(largest)
    }

    pub fn summary(&self) -> ClaimSummary {
        ClaimSummary {
            delay: self.delay.to_string(),
            seed: self.seed,
            by: self.by.clone(),
        }
    }
}

impl fmt::Display for ClaimSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { delay, seed, by } = self;
        match seed {
            Some(seed) => write!(f, "{delay}, seed {seed} ({by})"),
            None => write!(f, "{delay}, seed unknown ({by})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_declared_delay_is_compared_by_its_draws_not_by_its_words() {
        let claim = |delay: &str| Claim {
            delay: delay.parse().unwrap(),
            seed: None,
            names: Names::new("x"),
            by: String::new(),
        };
        for (claimed, declared, is_same) in [
            ("exponential(20ms)", "capped(exponential(20ms),60s)", true),
            ("capped(exponential(20ms),60s)", "exponential(20ms)", true),
            (
                "capped(exponential(20ms),60s)",
                "capped(exponential(20ms),90s)",
                true,
            ),
            ("pareto(1ms,1)", "capped(pareto(1ms,1),60s)", false),
            ("exponential(20ms)", "capped(exponential(20ms),50ms)", false),
            ("exponential(20ms)", "exponential(21ms)", false),
            ("uniform(0s, 2000ms)", "uniform(0s,2s)", true),
        ] {
            let is_delay = claim(claimed).is_delay(&declared.parse().unwrap());
            assert_eq!(is_delay, is_same, "{claimed}, {declared}");
        }
    }
}
