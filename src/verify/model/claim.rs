//! What the service is held to: a delay and a seed.

use std::{fmt, time::Duration};

use serde::Serialize;

use crate::{
    contract::{Names, TraceContext},
    delay::{Delay, Domain, draw},
};

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
