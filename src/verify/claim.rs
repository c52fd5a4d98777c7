//! What is claimed: the delay and the seed, by flags, else by the service's `/truth`.

use reqwest::Url;
use serde::Serialize;

use super::args::VerifyArgs;
use crate::{
    client::{Client, ClientError},
    contract::{TraceContext, TruthPage},
    delay::{Delay, Domain, draw},
};

/// The largest `/truth` that is read.
const LARGEST: usize = 1 << 20;

/// What the service is held to.
#[derive(Clone, Debug)]
pub(super) struct Claim {
    pub(super) delay: Delay,
    /// None where nobody told: draws cannot be recomputed then.
    pub(super) seed: Option<u64>,
    pub(super) namespace: String,
    /// Who says so.
    pub(super) by: String,
}

/// A claim in words.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Claimed {
    delay: String,
    seed: Option<u64>,
    by: String,
}

/// Why nothing is claimed.
#[derive(Debug, thiserror::Error)]
pub(super) enum ClaimError {
    #[error("{0} (--delay and --seed claim without it)")]
    Client(#[from] ClientError),
    #[error("{url}: {reason}")]
    Truth { url: Url, reason: String },
}

impl Claim {
    /// What the flags claim, and what they leave open from `/truth` beside the target.
    pub(super) async fn find(args: &VerifyArgs, client: &Client) -> Result<Self, ClaimError> {
        let url = beside(&args.target, "/truth");
        let told: Result<TruthPage, _> = client.json(&url, LARGEST).await;
        let given = &args.run;
        let told = match (told, &given.delay) {
            (Ok(told), _) => Some(told),
            (Err(_), Some(_)) => None,
            (Err(error), None) => return Err(error.into()),
        };
        let declared = told
            .as_ref()
            .map_or("constant(0s)", |told| told.truth.delay.as_str());
        let declared = declared
            .parse::<Delay>()
            .map_err(|error| ClaimError::Truth {
                url: url.clone(),
                reason: error.to_string(),
            })?;
        let by = match (&given.delay, given.seed) {
            (None, None) => url.to_string(),
            (Some(_), None) => format!("--delay, and {url}"),
            (None, Some(_)) => format!("--seed, and {url}"),
            (Some(_), Some(_)) => "--delay and --seed".to_owned(),
        };
        Ok(Self {
            delay: given.delay.clone().unwrap_or(declared),
            seed: given
                .seed
                .or(told.as_ref().and_then(|told| told.truth.seed)),
            namespace: given
                .namespace
                .clone()
                .or(told.map(|told| told.namespace))
                .unwrap_or_else(|| "cloudnative".to_owned()),
            by,
        })
    }

    /// The delay that a request with these ids gets; none where the seed is not known.
    pub(super) fn of(&self, trace_context: TraceContext) -> Option<std::time::Duration> {
        self.seed.map(|seed| {
            self.delay
                .quantile(draw(seed, Domain::Delay, trace_context))
        })
    }

    pub(super) fn in_words(&self) -> Claimed {
        Claimed {
            delay: self.delay.to_string(),
            seed: self.seed,
            by: self.by.clone(),
        }
    }
}

impl std::fmt::Display for Claimed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { delay, seed, by } = self;
        match seed {
            Some(seed) => write!(f, "{delay}, seed {seed} ({by})"),
            None => write!(f, "{delay}, seed unknown ({by})"),
        }
    }
}

/// Another path of the same service.
pub(super) fn beside(target: &Url, path: &str) -> Url {
    let mut url = target.clone();
    let folder = url.path().rsplit_once('/').map_or("", |(folder, _)| folder);
    let path = format!("{folder}{path}");
    url.set_path(&path);
    url.set_query(None);
    url.set_fragment(None);
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_truth_stands_beside_the_target() {
        for (target, truth) in [
            ("http://h:1/images", "http://h:1/truth"),
            ("http://h/a/images?x=1#y", "http://h/a/truth"),
            ("http://h", "http://h/truth"),
        ] {
            let url = beside(&target.parse().unwrap(), "/truth");
            assert_eq!(url.as_str(), truth);
        }
    }
}
