//! `?delay=SPEC` and `?status=CODE`: one request that departs from what is declared.

use std::time::Duration;

use http::StatusCode;

use crate::delay::Delay;

/// What one request asked for.
#[derive(Debug, Default)]
pub(super) struct Overrides {
    pub(super) delay: Option<Delay>,
    pub(super) status: Option<StatusCode>,
}

#[derive(serde::Deserialize)]
struct Given {
    delay: Option<String>,
    status: Option<String>,
}

impl Overrides {
    /// Reads a query. The error is the line that the client gets with its 400.
    pub(super) fn parse(query: &str, max_delay: Duration, allowed: bool) -> Result<Self, String> {
        let uri = format!("/?{query}")
            .parse()
            .map_err(|error| format!("query: {error}"))?;
        let given = axum::extract::Query::<Given>::try_from_uri(&uri)
            .map_err(|error| format!("query: {error}"))?
            .0;
        if !allowed && (given.delay.is_some() || given.status.is_some()) {
            return Err("?delay= and ?status= are refused here (--no-overrides)".to_owned());
        }
        Ok(Self {
            delay: given
                .delay
                .map(|spec| delay(&spec, max_delay))
                .transpose()?,
            status: given.status.map(|code| status(&code)).transpose()?,
        })
    }

    pub(super) fn departs(&self) -> bool {
        self.delay.is_some() || self.status.is_some()
    }
}

fn delay(spec: &str, max_delay: Duration) -> Result<Delay, String> {
    let delay: Delay = spec.parse().map_err(|error| format!("?delay=: {error}"))?;
    if delay.is_bounded() && delay.max() > max_delay {
        return Err(format!(
            "?delay={spec}: up to {:?}, which is above --max-delay, {max_delay:?}",
            delay.max()
        ));
    }
    Ok(delay.capped(max_delay))
}

fn status(code: &str) -> Result<StatusCode, String> {
    code.parse::<u16>()
        .ok()
        .filter(|code| (200..=599).contains(code))
        .and_then(|code| StatusCode::from_u16(code).ok())
        .ok_or_else(|| format!("?status={code}: must be a number from 200 to 599"))
}
