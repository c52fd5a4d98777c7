//! Finds out what is claimed: by flags, otherwise by the service's `/truth`.

use std::time::Duration;

use super::url::beside;
use crate::{
    client::{Client, ClientError, Destination, Failure, without_password},
    contract::{Names, TruthPage, names::DEFAULT_NAMESPACE},
    delay::SpecError,
    verify::{
        args::VerifyArgs,
        model::{claim::Claim, refusal},
    },
};

/// Largest `/truth` that is read, in bytes.
const MAX_BODY: usize = 1 << 20;

/// Why there is no claim.
#[derive(Debug, thiserror::Error)]
pub enum ClaimError {
    #[error("{0}")]
    Client(#[from] ClientError),
    #[error("{url}: {reason}")]
    Truth { url: String, reason: String },
}

impl ClaimError {
    /// What to do about it.
    pub fn remedy(&self) -> String {
        match self {
            Self::Client(error) if is_fatal(error) || !is_of_another_server(&error.failure) => {
                refusal::remedy(Destination::Target, &error.failure)
            }
            _ => "to verify a service without /truth, give --delay and --seed".to_owned(),
        }
    }
}

/// Whether it answers as a server without `/truth` does.
fn is_of_another_server(failure: &Failure) -> bool {
    match failure {
        Failure::Status(status, _) => !refusal::is_busy(*status),
        failure => matches!(failure, Failure::NotJson(_) | Failure::TooLarge(_)),
    }
}

/// The default of `serve --max-delay`.
const USUAL_MAX_DELAY: Duration = Duration::from_mins(1);

/// Whether the target cannot be asked for anything else, either.
fn is_fatal(error: &ClientError) -> bool {
    error.failure.is_unreachable() || refusal::is_denied(&error.failure)
}

/// The claim of the flags, completed from `/truth` beside the target.
pub async fn find_claim(args: &VerifyArgs, client: &Client) -> Result<Claim, ClaimError> {
    let url = beside(&args.target, "/truth");
    let page = client.json::<TruthPage>(&url, MAX_BODY).await;
    let url = without_password(&url);
    let given = &args.run;
    let claimed = given.delay.clone();
    let longest = given.max_delay.unwrap_or(USUAL_MAX_DELAY);
    let claimed = claimed.map(|delay| delay.capped(longest));
    let (delay, page) = match (claimed, page) {
        (Some(_), Err(error)) if is_fatal(&error) => return Err(error.into()),
        (Some(delay), page) => (delay, page.ok()),
        (None, page) => {
            let page = page?;
            let delay = page.truth.delay.parse();
            let delay = delay.map_err(|error: SpecError| ClaimError::Truth {
                url: url.clone(),
                reason: error.to_string(),
            })?;
            (delay, Some(page))
        }
    };
    let seed = page.as_ref().and_then(|page| page.truth.seed);
    let by = match (&given.delay, given.seed) {
        (None, None) => url,
        (Some(_), None) if seed.is_some() => format!("--delay, and {url}"),
        (Some(_), None) => "--delay".to_owned(),
        (None, Some(_)) => format!("--seed, and {url}"),
        (Some(_), Some(_)) => "--delay and --seed".to_owned(),
    };
    let namespace = given
        .namespace
        .clone()
        .or(page.map(|page| page.namespace))
        .unwrap_or_else(|| DEFAULT_NAMESPACE.to_owned());
    Ok(Claim {
        delay,
        seed: given.seed.or(seed),
        names: Names::new(&namespace),
        by,
    })
}
