//! What a request to `/images` gets, decided from its query and its trace context before it is handled. Pure.

use std::time::Duration;

use axum::extract::Query;
use http::{StatusCode, Uri};

use super::args::{AnswerArgs, ServeArgs};
use crate::{
    contract::TraceContext,
    delay::{Delay, Domain, draw},
    truth::Truth,
};

/// What is declared: the truth that everything downstream is compared with.
#[derive(Clone, Debug)]
pub struct Declared {
    /// The delay, capped by `--max-delay`.
    pub delay: Delay,
    /// The seed of every draw.
    pub seed: u64,
    /// The exact statistics of the delay.
    pub truth: Truth,
}

/// Plans requests by what is declared.
#[derive(Clone, Debug)]
pub struct Planner {
    pub declared: Declared,
    pub answers: AnswerArgs,
    max_delay: Duration,
}

/// What one request gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The answer; or why the query is refused.
    pub answer: Result<PlannedAnswer, String>,
    /// Whether the query asks for something other than what is declared.
    pub is_override: bool,
}

/// An answer after a delay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlannedAnswer {
    /// The drawn delay.
    pub delay: Duration,
    /// The status of the answer.
    pub status: StatusCode,
    /// Whether `?status=` chose it.
    pub is_status_chosen: bool,
}

/// `?delay=SPEC` and `?status=CODE`.
#[derive(Debug, Default)]
struct Overrides {
    delay: Option<Delay>,
    status: Option<StatusCode>,
}

#[derive(serde::Deserialize)]
struct OverrideQuery {
    delay: Option<String>,
    status: Option<String>,
}

// === impl Planner ===

impl Planner {
    /// Draws a seed where none is given.
    pub fn new(args: &ServeArgs) -> Self {
        let delay = Delay::from(&args.delay);
        let seed = args.delay.seed.unwrap_or_else(rand::random);
        let truth = Truth::of(&delay, Some(seed), &args.metrics.buckets);
        Self {
            declared: Declared { delay, seed, truth },
            answers: args.answers.clone(),
            max_delay: args.delay.max_delay,
        }
    }

    /// Reads the value of `?delay=`; `--max-delay` limits it as it limits `--delay`. The error is a line for the client.
    pub fn parse_delay(&self, spec: &str) -> Result<Delay, String> {
        let delay: Delay = spec.parse().map_err(|error| format!("?delay=: {error}"))?;
        let max_delay = self.max_delay;
        if delay.is_bounded() && delay.max() > max_delay {
            return Err(format!(
                "?delay={spec}: its longest delay, {:?}, is above --max-delay, {max_delay:?}",
                delay.max()
            ));
        }
        Ok(delay.capped(max_delay))
    }

    /// Plans one request.
    pub fn plan(&self, query: Option<&str>, context: TraceContext) -> Plan {
        let overrides = match query {
            Some(query) => self.overrides(query),
            None => Ok(Overrides::default()),
        };
        Plan {
            is_override: overrides.as_ref().map_or(true, Overrides::is_any),
            answer: overrides.map(|overrides| self.answer(&overrides, context)),
        }
    }

    fn answer(&self, overrides: &Overrides, context: TraceContext) -> PlannedAnswer {
        let delay = overrides.delay.as_ref().unwrap_or(&self.declared.delay);
        let u = draw(self.declared.seed, Domain::Delay, context);
        PlannedAnswer {
            delay: delay.quantile(u),
            status: overrides.status.unwrap_or_else(|| self.status(context)),
            is_status_chosen: overrides.status.is_some(),
        }
    }

    /// 200, or the injected error that this request's own draw decides.
    fn status(&self, context: TraceContext) -> StatusCode {
        let rate = self.answers.error_rate;
        if rate > 0.0 && draw(self.declared.seed, Domain::Error, context) < rate {
            let status = StatusCode::from_u16(self.answers.error_status);
            status.unwrap_or(StatusCode::SERVICE_UNAVAILABLE)
        } else {
            StatusCode::OK
        }
    }

    /// Reads a query. The error is the line that the client gets with its 400.
    fn overrides(&self, query: &str) -> Result<Overrides, String> {
        let uri: Uri = format!("/?{query}")
            .parse()
            .map_err(|error| format!("query: {error}"))?;
        let Query(given) = Query::<OverrideQuery>::try_from_uri(&uri)
            .map_err(|error| format!("query: {error}"))?;
        if self.answers.no_overrides && (given.delay.is_some() || given.status.is_some()) {
            return Err("?delay= and ?status= are refused here (--no-overrides)".to_owned());
        }
        let delay = given.delay.map(|spec| self.parse_delay(&spec));
        let status = given.status.map(|code| parse_status(&code));
        Ok(Overrides {
            delay: delay.transpose()?,
            status: status.transpose()?,
        })
    }
}

// === impl Plan ===

impl Plan {
    /// The drawn delay; `None` where the request is refused.
    pub fn delay(&self) -> Option<Duration> {
        self.answer.as_ref().ok().map(|answer| answer.delay)
    }
}

impl Overrides {
    fn is_any(&self) -> bool {
        self.delay.is_some() || self.status.is_some()
    }
}

fn parse_status(code: &str) -> Result<StatusCode, String> {
    code.parse::<u16>()
        .ok()
        .filter(|code| (200..=599).contains(code))
        .and_then(|code| StatusCode::from_u16(code).ok())
        .ok_or_else(|| format!("?status={code}: must be a number from 200 to 599"))
}
