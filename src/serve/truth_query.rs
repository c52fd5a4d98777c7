//! What `/truth?delay=SPEC&buckets=SPEC` asks for: the truth of another delay, or for other buckets. Pure.

use axum::extract::Query;
use http::Uri;

use super::plan::{Declared, Planner};
use crate::{buckets::Buckets, delay::Delay, truth::Truth};

/// Another delay and other buckets; what is not given is what the service declares.
#[derive(Debug, Default)]
pub struct TruthQuery {
    delay: Option<Delay>,
    buckets: Option<Buckets>,
}

impl TruthQuery {
    /// Reads a query. The error is the line that the client gets with its 400.
    pub fn read(uri: &Uri, planner: &Planner) -> Result<Self, String> {
        let Query(given) = Query::<Vec<(String, String)>>::try_from_uri(uri)
            .map_err(|error| format!("query: {error}"))?;
        let mut query = Self::default();
        for (name, value) in given {
            let is_repeated = match name.as_str() {
                "delay" => query.delay.replace(planner.parse_delay(&value)?).is_some(),
                "buckets" => query.buckets.replace(parse_buckets(&value)?).is_some(),
                _ => {
                    let name: String = name.chars().take(50).collect();
                    return Err(format!("?{name}=: expected only ?delay= and ?buckets="));
                }
            };
            if is_repeated {
                return Err(format!("?{name}=: expected only once"));
            }
        }
        Ok(query)
    }

    /// Whether it asks for what is declared.
    pub fn is_empty(&self) -> bool {
        self.delay.is_none() && self.buckets.is_none()
    }

    /// The truth that it asks for. The seed is that of the declared delay only.
    pub fn truth(&self, declared: &Declared, buckets: &Buckets) -> Truth {
        let delay = self.delay.as_ref().unwrap_or(&declared.delay);
        let seed = (*delay == declared.delay).then_some(declared.seed);
        Truth::of(delay, seed, self.buckets.as_ref().unwrap_or(buckets))
    }
}

fn parse_buckets(spec: &str) -> Result<Buckets, String> {
    spec.parse().map_err(|error| format!("?buckets=: {error}"))
}
